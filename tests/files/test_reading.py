"""A file that cannot be read gives one message that names it."""

import gzip
from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_MEMBERS, read_bytes, read_json, read_toml, unpacked
from fpga_ee.hardware.design.design_files import read_design


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match="it is a folder; name a file in it"):
        read_bytes(tmp_path)


def test_gzip_members_are_unpacked_one_behind_another(tmp_path: Path) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")
    assert unpacked(tmp_path / "x.gz", packed, most=7) == b"one two"


def test_gzip_members_without_end_are_refused(tmp_path: Path) -> None:
    path, empty = tmp_path / "x.gz", gzip.compress(b"")
    assert unpacked(path, empty * MOST_MEMBERS, most=1) == b""
    with pytest.raises(FpgaEeError, match=r"x\.gz has more than 64 gzip members"):
        unpacked(path, empty * (MOST_MEMBERS + 1), most=1)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ('{"x": %s}' % ("[" * 5000), "its lists and tables are nested too deeply"),
        ('{"x": %s}' % ("9" * 5000), "a number in it has too many digits"),
    ],
)
def test_limits_of_python_are_told_in_our_words(tmp_path: Path, content: str, fault: str) -> None:
    json, toml = tmp_path / "x.json", tmp_path / "x.toml"
    json.write_text(content)
    toml.write_text(content[1:-1].replace('"x":', "x ="))
    with pytest.raises(FpgaEeError, match=f"x.json is not valid JSON: {fault}$"):
        read_json(json)
    with pytest.raises(FpgaEeError, match=f"x.toml is not valid TOML: {fault}$"):
        read_toml(toml)
    with pytest.raises(FpgaEeError, match=f"x.json is not a design: {fault}"):
        read_design(json)
