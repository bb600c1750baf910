"""All criteria, by their names."""

from collections.abc import Mapping

from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.artifacts.rules.entropy import ENTROPY
from fpga_ee.artifacts.rules.margin import MARGIN
from fpga_ee.artifacts.rules.top1 import TOP1

_ALL: tuple[Criterion, ...] = (
    TOP1,
    ENTROPY,
    MARGIN,
)

CRITERIA: Mapping[str, Criterion] = {criterion.name: criterion for criterion in _ALL}


def criterion_named(name: str) -> Criterion:
    """Find a criterion.

    Raises:
        ValueError: There is none of this name.
    """
    if name not in CRITERIA:
        raise ValueError(f"criterion must be {' or '.join(map(repr, CRITERIA))}, not {name!r:.40}")
    return CRITERIA[name]
