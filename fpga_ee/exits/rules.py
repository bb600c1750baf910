"""The exit rules in float: they decide whether a sample's logits are sure enough to leave."""

from dataclasses import dataclass

from torch import Tensor

from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.measures import measure


@dataclass(frozen=True)
class ExitRule:
    """A criterion with its threshold.

    Attributes:
        criterion: The criterion, which measures logits.
        threshold: The threshold of the measure, within the criterion's range.
    """

    criterion: Criterion
    threshold: float

    def __post_init__(self) -> None:
        """Check the threshold.

        Raises:
            FpgaEeError: It is outside the criterion's range.
        """
        try:
            self.criterion.check_threshold(self.threshold)
        except ValueError as error:
            raise FpgaEeError(str(error)) from error

    def __call__(self, logits: Tensor) -> Tensor:
        """Find the samples that leave: logits [N, classes] to bool [N]."""
        leaves: Tensor = self.criterion.comparison.holds(measure(self.criterion, logits), self.threshold)
        return leaves
