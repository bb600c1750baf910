"""The measures of float logits in PyTorch. Each criterion has one file, with ``measure``."""

from collections.abc import Callable, Mapping

from torch import Tensor

from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.discovery import modules_in

MEASURES: Mapping[str, Callable[[Tensor], Tensor]] = {
    module.MEASURED.name: module.measure for module in modules_in(__name__, __path__)
}
"""The measures, by the names of the criteria."""


def measure(criterion: Criterion, logits: Tensor) -> Tensor:
    """Measure logits [N, classes] by a criterion: [N], of the same dtype."""
    return MEASURES[criterion.name](logits)
