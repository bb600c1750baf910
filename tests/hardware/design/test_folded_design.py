"""A design that the library cannot build is refused before anything is written."""

from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import describe, generate
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.network.folding import Folding


@pytest.mark.parametrize(
    ("foldings", "buffered", "message"),
    [
        ({"nothing": Folding()}, 2, "the design folds nothing, which B_Lenet_se does not have"),
        ({"split.1": Folding()}, 2, "the design folds split.1, which B_Lenet_se does not have"),
        ({"merge": Folding(7, 3)}, 2, "merge takes one stream and gives one"),
        ({"decision.0": Folding(5, 5)}, 2, "decision.0 takes one stream and gives one"),
        ({"backbone.0.layer.0": Folding(1, 2)}, 2, "cannot be folded by coarse in 1 and out 2: they must"),
        ({"backbone.0.layer.0": Folding(fine=7)}, 2, "fine 7 is not one of 1, 5, 25"),
        ({"backbone.0.layer.0": Folding(coarse_group=5)}, 2, "by coarse group 5: it has no groups, give 1"),
        ({"split.0": Folding(3, 3)}, 2, "split.0 cannot take 3 streams and give 3: .* they must divide 5"),
        ({"buffer.0": Folding(5, 1)}, 2, "buffer.0 cannot take 5 streams and give 1: it gives as many as it"),
        ({}, 0, "a conditional buffer of 0 samples deadlocks"),
        ({}, (0,), "a conditional buffer of 0 samples deadlocks"),
        ({}, 1_000_000_000, "of 1,000,000,000 samples is never full, since there are 65,536 IDs: give it"),
        ({}, (65_537,), "a conditional buffer of 65,537 samples is never full"),
        ({}, (2, 4), "has 2 depths of conditional buffers, but B_Lenet_se needs 1: give one"),
    ],
)
def test_what_cannot_be_built_is_refused(
    exported: Path,
    tmp_path: Path,
    foldings: dict[str, Folding],
    buffered: int | tuple[int, ...],
    message: str,
) -> None:
    with pytest.raises(FpgaEeError, match=message):
        generate(exported, Design(foldings, buffered), tmp_path)


def test_a_buffer_for_as_many_samples_as_there_are_ids(exported: Path) -> None:
    blocks = {block.name: block for block in describe(exported, Design({}, 65_536)).diagram.blocks}
    buffer = blocks["buffer_0"].module
    assert isinstance(buffer, ConditionalBuffer)
    assert buffer.samples == 65_536
