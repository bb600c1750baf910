"""The exit rules in float: when a sample's logits are sure enough to leave."""

from dataclasses import dataclass

from torch import Tensor

from fpga_ee.artifacts.criterion import Criterion, check_threshold
from fpga_ee.errors import FpgaEeError


def measure(criterion: Criterion, logits: Tensor) -> Tensor:
    """Confidence (top-1) or doubt (entropy) of logits [N, classes]: [N], of the same dtype."""
    if criterion is Criterion.TOP1:
        return logits.softmax(dim=1).amax(dim=1)
    log_probabilities = logits.log_softmax(dim=1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=1)


def readable_threshold(criterion: Criterion, threshold: float, digits: int) -> float:
    """The nearest threshold that is inside the range and reads well.

    So many significant digits of the distance from certainty, where confident samples crowd.
    """
    doubt = 1 - threshold if criterion is Criterion.TOP1 else threshold
    doubt = float(f"{max(doubt, 1e-12):.{digits}g}")
    return round(1 - min(doubt, 1 - 1e-12), 15) if criterion is Criterion.TOP1 else doubt


@dataclass(frozen=True)
class ExitRule:
    """A criterion with its threshold.

    Attributes:
        criterion: What is measured.
        threshold: top-1: a probability between 0 and 1; entropy: nats, above 0.
    """

    criterion: Criterion
    threshold: float

    def __post_init__(self) -> None:
        """Check the threshold.

        Raises:
            FpgaEeError: It is outside the criterion's range.
        """
        try:
            check_threshold(self.criterion, self.threshold)
        except ValueError as error:
            raise FpgaEeError(str(error)) from error

    def __call__(self, logits: Tensor) -> Tensor:
        """Which samples leave: logits [N, classes] to bool [N]."""
        measured = measure(self.criterion, logits)
        return measured > self.threshold if self.criterion is Criterion.TOP1 else measured < self.threshold
