"""The bounds of the search hold, compared with all designs."""

import numpy as np
from helpers.draws import draws
from helpers.strategies import spaces
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.search.explore import relaxed
from fpga_ee.hardware.search.relaxation import Values, bounds, surroundings
from fpga_ee.hardware.search.space_nodes import SpaceNode

from .test_explore import CAPACITY, every_design, total

prices = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda some: np.array(some) / sum(some))
ROUNDING = 1e-9


@given(spaces(), st.integers(1, 5), prices)
@settings(max_examples=draws(200))
def test_the_least_largest_share_is_between_the_bounds(root: SpaceNode, period: int, start: Values) -> None:
    shares = [d.resources.share(CAPACITY) for d in every_design(root) if d.period <= period]
    known = bounds(relaxed(root, CAPACITY), period, start)
    if not shares:
        assert known.least == known.found == np.inf
        return
    assert known.least - ROUNDING <= min(shares) <= known.found + ROUNDING
    assert any(abs(known.found - share) < ROUNDING for share in shares)
    assert np.isclose(known.prices.sum(), 1)


@given(spaces(), st.integers(1, 5), prices)
@settings(max_examples=draws(100))
def test_surroundings_are_the_cheapest_there_are(root: SpaceNode, period: int, some: Values) -> None:
    designs = [design for design in every_design(root) if design.period <= period]
    assume(designs)
    around = surroundings(relaxed(root, CAPACITY), period, some)
    for parent in root.walk():
        for child in parent.children:
            least: dict[int, float] = {}
            for design in designs:
                width = design.options[parent.name].streams_out
                own = total(child, design.options, width)
                rest = price(design.resources, some) - price(own, some)
                least[width] = min(rest, least.get(width, np.inf))
            widths = sorted({option.streams_out for option in parent.options})
            assert np.allclose(around[child.name].offered, [least.get(width, np.inf) for width in widths])


def price(resources: Resources, some: Values) -> float:
    shares = resources.shares(CAPACITY)
    return float(some @ [shares[name] for name in RESOURCE_NAMES])
