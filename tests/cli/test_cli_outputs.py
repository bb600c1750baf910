"""A place that cannot hold the results is refused before the work whose results it should hold."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from helpers.built import NETWORK, Built
from helpers.commands import fpga_ee

NOWHERE = Path("/dev/null/x")

FOLDERS: dict[str, tuple[str, Callable[[Built], tuple[object, ...]]]] = {
    "train": ("fpga_ee.flow.check.refuse_early", lambda _: ("train", NETWORK, "--output", NOWHERE)),
    "calibrate": (
        "fpga_ee.flow.check.refuse_early",
        lambda built: ("calibrate", NETWORK, "--weights", built.weights, "--build", NOWHERE),
    ),
    "hw-estimate": (
        "fpga_ee.flow.estimate.searched_design",
        lambda built: ("hw-estimate", built.folder, "--output", NOWHERE),
    ),
    "hw-explore": (
        "fpga_ee.flow.explore.searched_design",
        lambda built: ("hw-explore", built.folder, "--output", NOWHERE),
    ),
    "hw-fastest": (
        "fpga_ee.flow.fastest.fastest_replicated",
        lambda built: ("hw-fastest", built.folder, "--output", NOWHERE),
    ),
    "hw-generate": (
        "fpga_ee.flow.generate.generate",
        lambda built: ("hw-generate", built.folder, "--design", "smallest", "--rtl", NOWHERE),
    ),
}
"""The work of each verb that writes into a folder of its own, and its arguments."""

FILES: dict[str, tuple[str, str]] = {
    "quantize": ("quantization.json", "fpga_ee.flow.quantize.quantize"),
    "export": ("manifest.json", "fpga_ee.flow.export.export"),
    "verify": ("verification.json", "fpga_ee.flow.verify.verify"),
}
"""A result of each verb that writes into the export's folder, and the verb's work."""


@pytest.mark.parametrize("verb", FOLDERS)
def test_an_impossible_folder_is_refused_before_the_work(built: Built, verb: str) -> None:
    work, arguments = FOLDERS[verb]
    with patch(work) as done:
        result = fpga_ee(*arguments(built))
    assert result.code == 2
    assert result.err == f"error: cannot write {NOWHERE}: Not a directory; choose another folder\n"
    done.assert_not_called()


@pytest.mark.parametrize("verb", FILES)
def test_a_folder_in_the_place_of_a_result_is_refused_before_the_work(
    built: Built, tmp_path: Path, verb: str
) -> None:
    mine = Built(built.weights, tmp_path / "build")
    shutil.copytree(built.folder, mine.folder)
    name, work = FILES[verb]
    (mine.folder / name).unlink(missing_ok=True)
    (mine.folder / name).mkdir()
    arguments = mine.arguments if verb != "verify" else (mine.folder, "--network", NETWORK)
    with patch(work) as done:
        result = fpga_ee(verb, *arguments)
    assert result.code == 2
    assert result.err == (
        f"error: cannot write {mine.folder / name}: Is a directory; choose another folder\n"
    )
    done.assert_not_called()
