"""Stages that are built several times: samples are shared evenly, and every bit is right."""

import json
import re
from pathlib import Path

import pytest
from helpers.small_accelerators import SMALL, broken_copy, codes_of, simulate_broken

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.design_files import read_design
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import describe, generate, load
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.simulation.simulate import Pauses, simulate


@pytest.fixture(scope="module")
def copied(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copied")
    plan = Design(SMALL, 2, {"stage.0": 3, "stage.1": 2})
    generate(small, plan, folder)
    return folder


@pytest.mark.slow
class TestCopies:
    """Three copies of the first stage, two of the second."""

    @pytest.mark.parametrize("percent", [0, 30])
    def test_samples_are_shared_evenly_and_every_bit_is_right(
        self, small: Path, copied: Path, percent: int
    ) -> None:
        simulation = simulate(load(small, copied), copied, codes_of(13), Pauses(percent, seed=2))
        assert simulation.problem is None
        assert sum(simulation.exits) == 13
        for stage, copies, reaching in ((0, 3, 13), (1, 2, simulation.exits[1])):
            shares = [(reaching + copies - 1 - copy) // copies for copy in range(copies)]
            for copy, share in enumerate(shares):
                of_copy = [
                    activity
                    for activity in simulation.activities
                    if (activity.stage, activity.copy) == (stage, copy)
                ]
                assert of_copy
                for activity in of_copy:
                    assert activity.samples == share
                    assert activity.busy == share * activity.interval

    def test_a_mistake_in_one_copy_is_found_there(self, small: Path, copied: Path, tmp_path: Path) -> None:
        broken = broken_copy(copied, tmp_path)
        bias = (copied / "backbone_0_layer_0.bias.hex").read_text()
        (broken / "wrong.hex").write_text(f"{int(bias, 16) ^ 1 << 17:0{len(bias) - 1}x}\n")
        top = broken / "accelerator.sv"
        before, after = top.read_text().split(") backbone_0_layer_0_copy_1 (")
        head, tail = before.rsplit("backbone_0_layer_0.bias.hex", 1)
        top.write_text(f"{head}wrong.hex{tail}) backbone_0_layer_0_copy_1 ({after}")
        problem = simulate_broken(small, broken, codes_of(3)).problem
        assert problem is not None
        assert re.match(r"sample 1, stage 0, copy 1, backbone\.0\.layer\.0, channel 0, row 0, ", problem)

    def test_images_come_as_wide_as_the_copies_need(self, exported: Path) -> None:
        fast = {"backbone.0.layer.0": Folding(1, 5, 1, 25), "exits.0.0.layer.0": Folding(5, 2, 1, 9)}
        fast["exits.0.2"] = Folding(5, 1)
        lanes = [
            describe(exported, Design(fast, 2, {"stage.0": copies})).diagram.entering.lanes
            for copies in (1, 2, 3, 4, 16)
        ]
        # 784 pixels in 1,280 cycles, 640, 427, 320 and 80.
        assert lanes == [1, 2, 2, 4, 14]


def test_one_copy_is_as_before(small: Path, accelerator: Path, tmp_path: Path) -> None:
    plan = Design(SMALL, 2, {"stage.0": 1, "stage.1": 1})
    generate(small, plan, tmp_path)
    text = (tmp_path / "accelerator.sv").read_text()
    assert text == (accelerator / "accelerator.sv").read_text()
    assert "copy" not in text
    assert "sample_distributor" not in text


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        ({"stage.0": 0}, "0 copies of stage.0: a stage must be built at least once"),
        ({"stage.2": 2}, "copies stage.2, which B_Lenet_se does not have: it has stage.0 to stage.1"),
        ({"exits.0": 2}, "copies exits.0, which B_Lenet_se does not have"),
        ({"stage.0": 10**9}, "1,000,000,000 copies of stage.0 fit no FPGA: build at most 1,000"),
    ],
)
def test_copies_that_cannot_be_are_refused(
    exported: Path, tmp_path: Path, copies: dict[str, int], message: str
) -> None:
    with pytest.raises(FpgaEeError, match=re.escape(message)):
        generate(exported, Design({}, 2, copies), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("copies", ["2", {"stage.0": 2.5}, {"stage.0": "2"}])
def test_a_design_file_with_other_copies_is_refused(tmp_path: Path, copies: object) -> None:
    path = tmp_path / "design.json"
    path.write_text(json.dumps({"foldings": {}, "buffered": 2, "copies": copies}))
    with pytest.raises(FpgaEeError, match="is not a design"):
        read_design(path)
