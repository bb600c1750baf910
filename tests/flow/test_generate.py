"""Designs that come with the package go by their names."""

import json
import shutil
from pathlib import Path

import pytest
from helpers.built import Built

from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.generate import generate_step
from fpga_ee.hardware.design.folded_design import Design

SMALLEST = Path("smallest")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_design_that_comes_along_is_taken_by_its_name(built: Built) -> None:
    assert generate_step(built.folder, SMALLEST, None, Path("rtl")).design == Design({}, 2)


def test_a_folder_of_that_name_is_no_design(built: Built) -> None:
    SMALLEST.mkdir()
    assert generate_step(built.folder, SMALLEST, None, Path("rtl")).design == Design({}, 2)


def test_a_file_of_that_name_comes_first(built: Built) -> None:
    SMALLEST.write_text(json.dumps({"foldings": {}, "buffered": 5}))
    assert generate_step(built.folder, SMALLEST, None, Path("rtl")).design == Design({}, 5)


def test_an_unknown_name_lists_those_that_there_are(built: Built) -> None:
    with pytest.raises(
        FpgaEeError, match=r"there is no design smalest: name a file, or a shipped design .*ecp5, .*wide"
    ):
        generate_step(built.folder, Path("smalest"), None, Path("rtl"))
    assert not Path("rtl").exists()


def test_the_design_in_the_folder_is_no_link_where_one_that_is_named_may_be(built: Built) -> None:
    build = Path(shutil.copytree(built.folder, "build"))
    chosen = build / "hardware" / "estimate.json"
    chosen.parent.mkdir()
    Path("mine.json").write_text(json.dumps({"foldings": {}, "buffered": 5}))
    chosen.symlink_to(Path("mine.json").resolve())
    assert generate_step(build, chosen, None, Path("rtl")).design == Design({}, 5)
    with pytest.raises(FpgaEeError, match=r"estimate\.json is a link: put the file itself there"):
        generate_step(build, None, None, Path("rtl"))
    chosen.unlink()
    Path("mine.json").rename(chosen)
    assert generate_step(build, None, None, Path("rtl")).design == Design({}, 5)
    chosen.parent.rename("elsewhere")
    chosen.parent.symlink_to(Path("elsewhere").resolve())
    with pytest.raises(
        FpgaEeError, match=r"hardware is a link: put the folder itself there, or name a design"
    ):
        generate_step(build, None, None, Path("rtl"))
