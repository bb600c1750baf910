"""Numbers as tables write them."""


def percent(share: float) -> str:
    """A share as a percentage with two decimals: ``98.76 %``."""
    return f"{100 * share:.2f} %"


def threshold(value: float) -> str:
    """A threshold with as many digits as matter."""
    return f"{value:.10g}"


def shape(sizes: tuple[int, ...]) -> str:
    """A tensor's shape: ``5 x 16 x 16``."""
    return " x ".join(str(size) for size in sizes)
