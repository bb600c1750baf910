"""As many images as were asked for, or a message."""

from pathlib import Path

import pytest
from helpers.built import Built

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.images import WantedImages


def wanted(count: int | None, split: str = "validation", data: Path | None = None) -> WantedImages:
    return WantedImages(split, data, count, "mnist")


def test_the_first_ones(built: Built) -> None:
    manifest = load_manifest(built.folder)
    every = wanted(None).load(manifest)
    assert len(every) == len(wanted(10_000).load(manifest)) == 10_000
    assert (wanted(3).load(manifest).images == every.images[:3]).all()


def test_more_than_there_are_is_refused(built: Built) -> None:
    with pytest.raises(
        FpgaEeError, match=r"^MNIST validation has 10,000 images, not 10,001: ask for fewer with --images$"
    ):
        wanted(10_001).load(load_manifest(built.folder))


def test_more_than_a_folder_holds_is_refused(built: Built, mnist: Path) -> None:
    with pytest.raises(FpgaEeError, match="MNIST test has 100 images, not 500"):
        wanted(500, "test", mnist).load(load_manifest(built.folder))
