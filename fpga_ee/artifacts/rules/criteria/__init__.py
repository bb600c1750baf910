"""All criteria. Each is one file, with a ``CRITERION``."""

from collections.abc import Mapping

from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.discovery import modules_in

CRITERIA: Mapping[str, Criterion] = {
    module.CRITERION.name: module.CRITERION for module in modules_in(__name__, __path__)
}
"""All criteria, by name."""


def criterion_named(name: str) -> Criterion:
    """Find a criterion.

    Raises:
        ValueError: There is none of this name.
    """
    if name not in CRITERIA:
        raise ValueError(f"criterion must be {' or '.join(map(repr, CRITERIA))}, not {name!r:.40}")
    return CRITERIA[name]
