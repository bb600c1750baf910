"""Boards are files; a bad file is one clear message."""

from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.boards import load, names
from fpga_ee.hardware.fpga.resources import Resources

GOOD = """
name = "Mine"
part = "P-1"
source = "data sheet"
clock_mhz = 100
[resources]
lut = 10
lut_inputs = 6
ff = 20
dsp = 3
bram18 = 4
[memory]
bandwidth_gb_s = 1.5
"""


def written(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text)
    return str(path)


def test_the_published_comparison_board() -> None:
    board = load("zc706")
    assert board.resources == Resources(lut=218_600, ff=437_200, dsp=900, bram=1_090)
    assert board.clock_mhz == 125


def test_eight_boards_come_with_the_project() -> None:
    boards = {name: load(name) for name in names()}
    assert set(boards) == {
        "alveo-u250", "ecp5-85f", "pynq-z2", "ultra96-v2", "zc706", "zcu102", "zcu104", "zedboard",
    }  # fmt: skip
    assert all(board.source for board in boards.values())


def test_a_file_of_ones_own_is_a_board(tmp_path: Path) -> None:
    assert load(written(tmp_path, GOOD)).resources == Resources(10, 20, 3, 4)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dsp = 3\n", "", "resources.dsp is missing"),
        ("dsp = 3", "dsp = -3", "resources.dsp must be at least 1, not -3"),
        ("dsp = 3", "dsp = 0", "resources.dsp must be at least 1, not 0"),
        ("dsp = 3", "dsp = 2.5", "resources.dsp must be a whole number, not 2.5"),
        ("dsp = 3", 'dsp = "many"', "resources.dsp must be a whole number, not 'many'"),
        ("dsp = 3", "dsp = true", "resources.dsp must be a whole number, not True"),
        ("dsp = 3", "dsp = 1979-05-27", "resources.dsp must be a whole number, not {'date'"),
        ("lut = 10", "lut = 100000000000000000000", "resources.lut must be at most 1000000000"),
        ("lut = 10", f"lut = {'[' * 5000}{']' * 5000}", "not valid TOML"),
        ("clock_mhz = 100", "clock_mhz = nan", "clock_mhz must be a finite number"),
        ("clock_mhz = 100", "clock_mhz = 1e308", "clock_mhz must be at most 10000"),
        ("clock_mhz = 100", "clock_mhz = 1e-300", "clock_mhz must be at least 0.001"),
        ("clock_mhz = 100", "clock_mhz = 100\ncolour = 3", "colour is unknown here"),
        ('name = "Mine"', "name = 3", "name must be a text"),
        ('name = "Mine"', 'name = ""', "name must not be so short"),
        ("[memory]\nbandwidth_gb_s = 1.5", "", "memory is missing"),
        ("[memory]\nbandwidth_gb_s = 1.5", "[[memory]]", "memory must be a table"),
        ("[resources]", "[resources", "not valid TOML"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(FpgaEeError, match=message) as raised:
        load(path)
    assert path in str(raised.value)


def test_an_unknown_board_lists_the_known_ones() -> None:
    with pytest.raises(FpgaEeError, match=r"no board zc707: choose one of alveo-u250, .*zc706"):
        load("zc707")


def test_a_package_without_its_boards_says_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "FOLDER", tmp_path / "none")
    with pytest.raises(
        FpgaEeError, match="which holds the boards, is missing: the installation is incomplete"
    ):
        load("zc706")
    assert load(written(tmp_path, GOOD)).name == "Mine"
