"""An accelerator is written from its design, and belongs to its export."""

import json
from pathlib import Path

import pytest
from helpers.small_accelerators import SMALL, broken_copy, codes_of

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate, load
from fpga_ee.hardware.simulation.simulate import simulate


def test_the_same_design_gives_the_same_bytes(small: Path, accelerator: Path, tmp_path: Path) -> None:
    generate(small, Design(SMALL, 2), tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (accelerator / path.name).read_bytes()


def test_an_accelerator_of_another_export_is_refused(small: Path, accelerator: Path, tmp_path: Path) -> None:
    broken = broken_copy(accelerator, tmp_path)
    design = json.loads((broken / "design.json").read_text())
    (broken / "design.json").write_text(json.dumps(design | {"export": "0" * 64}))
    with pytest.raises(FpgaEeError, match="was made from another export"):
        simulate(load(small, broken), broken, codes_of(1))
