"""The search finds the same designs as trying every design."""

from itertools import product
from math import prod

from helpers.draws import draws
from helpers.strategies import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.search.explore import cheapest, fastest, front
from fpga_ee.hardware.search.space_nodes import DesignPoint, Option, SpaceNode

CAPACITY = Resources(24, 20, 16, 12)


def total(root: SpaceNode, chosen: dict[str, Option], offered: int = 1) -> Resources:
    """Resources of a design, added up node by node and joint by joint."""
    used = root.converter(offered, chosen[root.name].streams_in)
    for node in root.walk():
        used += chosen[node.name].resources
        for child in node.children:
            used += child.converter(chosen[node.name].streams_out, chosen[child.name].streams_in)
    return used


def every_design(root: SpaceNode) -> list[DesignPoint]:
    """All designs of a space, made by trying every combination."""
    nodes = list(root.walk())
    designs = []
    for options in product(*(node.options for node in nodes)):
        chosen = {node.name: option for node, option in zip(nodes, options, strict=True)}
        designs.append(DesignPoint(max(o.period for o in options), total(root, chosen), chosen))
    assert len(designs) == prod(len(node.options) for node in nodes)
    return designs


def fits(design: DesignPoint) -> bool:
    return design.resources.share(CAPACITY) <= 1


def rank(design: DesignPoint) -> tuple[float, float]:
    return design.resources.share(CAPACITY), sum(design.resources.shares(CAPACITY).values())


@given(spaces(), st.integers(1, 5))
@settings(max_examples=draws(200))
def test_the_cheapest_design_is_the_cheapest_of_all(root: SpaceNode, period: int) -> None:
    allowed = [design for design in every_design(root) if design.period <= period and fits(design)]
    found = cheapest(root, CAPACITY, period)
    if not allowed:
        assert found is None
        return
    assert found is not None
    assert rank(found) == min(map(rank, allowed))
    assert found.period <= period


@given(spaces())
@settings(max_examples=draws(200))
def test_the_fastest_design_is_the_fastest_that_fits(root: SpaceNode) -> None:
    allowed = [design for design in every_design(root) if fits(design)]
    found = fastest(root, CAPACITY)
    if not allowed:
        assert found is None
        return
    assert found is not None
    assert found.period == min(design.period for design in allowed)
    assert rank(found) == min(rank(d) for d in allowed if d.period == found.period)


@given(spaces())
@settings(max_examples=draws(200))
def test_the_front_is_the_front_of_all_designs(root: SpaceNode) -> None:
    allowed = {(d.period, d.resources.share(CAPACITY)) for d in every_design(root) if fits(d)}
    expected = sorted(
        one
        for one in allowed
        if not any(other != one and other[0] <= one[0] and other[1] <= one[1] for other in allowed)
    )
    assert [(d.period, d.resources.share(CAPACITY)) for d in front(root, CAPACITY)] == expected


@given(spaces())
def test_a_design_costs_what_its_options_and_converters_cost(root: SpaceNode) -> None:
    for design in front(root, CAPACITY):
        assert design.resources == total(root, design.options)
        assert design.period == max(option.period for option in design.options.values())
