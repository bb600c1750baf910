"""Numbers and rules as tables write them."""

from fpga_ee.artifacts.rules.criterion import Criterion


def percent(share: float) -> str:
    """Write a share as a percentage with two decimals: ``98.76 %``."""
    return f"{100 * share:.2f} %"


def threshold(value: float) -> str:
    """Write a threshold with the digits that matter."""
    return f"{value:.10g}"


def exit_rule(criterion: Criterion, value: float) -> str:
    """Write a criterion with a threshold: ``top1 > 0.9``."""
    return f"{criterion} {criterion.comparison.sign} {threshold(value)}"


def shape(sizes: tuple[int, ...]) -> str:
    """Write a tensor's shape: ``5 x 16 x 16``."""
    return " x ".join(str(size) for size in sizes)
