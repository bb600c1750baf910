"""The measures of all criteria."""

from collections.abc import Callable, Mapping

from torch import Tensor

from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.artifacts.rules.entropy import ENTROPY
from fpga_ee.artifacts.rules.margin import MARGIN
from fpga_ee.artifacts.rules.top1 import TOP1
from fpga_ee.exits.measures.entropy import entropy
from fpga_ee.exits.measures.margin import margin
from fpga_ee.exits.measures.top1 import largest_probability

MEASURES: Mapping[str, Callable[[Tensor], Tensor]] = {
    TOP1.name: largest_probability,
    ENTROPY.name: entropy,
    MARGIN.name: margin,
}


def measure(criterion: Criterion, logits: Tensor) -> Tensor:
    """What a criterion measures of logits [N, classes]: [N], of the same dtype."""
    return MEASURES[criterion.name](logits)
