"""The search finds the same designs as trying every design, also of graphs with joins."""

from dataclasses import replace
from itertools import product

import pytest
from helpers.draws import draws
from helpers.strategies import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.search import solver
from fpga_ee.hardware.search.replication import copied
from fpga_ee.hardware.search.solver import cheapest, fastest, front, leanest
from fpga_ee.hardware.search.space_nodes import DesignPoint, Option, SpaceNode, SpaceNodes

CAPACITY = Resources(24, 20, 16, 12)


def every_design(nodes: SpaceNodes) -> list[DesignPoint]:
    """All designs of a space, made by trying every combination."""
    designs = []
    for chosen in product(*(node.options for node in nodes)):
        options = {node.name: option for node, option in zip(nodes, chosen, strict=True)}
        between = [
            edge.joined(options[edge.source].streams_out, options[node.name].streams_in)
            for node in nodes
            for edge in node.edges
        ]
        if None not in between:
            used = sum((option.resources for option in chosen), Resources())
            used = sum((each for each in between if each is not None), used)
            designs.append(DesignPoint(options, max(option.period for option in chosen), used))
    return designs


def fits(design: DesignPoint) -> bool:
    return design.resources.share(CAPACITY) <= 1


def rank(design: DesignPoint, nodes: SpaceNodes) -> tuple[float, int, list[int]]:
    """The largest share, then LUTs, then the order of nodes and options."""
    positions = [node.options.index(design.options[node.name]) for node in nodes]
    return design.resources.share(CAPACITY), design.resources.lut, positions


@given(spaces(), st.integers(1, 5))
@settings(max_examples=draws(150))
def test_the_cheapest_design_is_the_cheapest_of_all_and_ties_are_broken_by_rule(
    nodes: SpaceNodes, period: int
) -> None:
    allowed = [design for design in every_design(nodes) if design.period <= period and fits(design)]
    found = cheapest(nodes, CAPACITY, period)
    if not allowed:
        assert found is None
        return
    assert found is not None
    assert rank(found, nodes) == min(rank(design, nodes) for design in allowed)
    assert found in allowed


@given(spaces())
@settings(max_examples=draws(150))
def test_the_fastest_design_is_the_fastest_that_fits_and_the_cheapest_of_these(nodes: SpaceNodes) -> None:
    allowed = [design for design in every_design(nodes) if fits(design)]
    found = fastest(nodes, CAPACITY)
    if not allowed:
        assert found is None
        return
    assert found is not None
    least = min(design.period for design in allowed)
    assert found.period == least
    assert rank(found, nodes) == min(rank(design, nodes) for design in allowed if design.period == least)


@given(spaces())
@settings(max_examples=draws(100))
def test_the_front_is_the_front_of_all_designs(nodes: SpaceNodes) -> None:
    designs = [design for design in every_design(nodes) if fits(design)]
    allowed = {(design.period, design.resources.share(CAPACITY)) for design in designs}
    expected = sorted(
        one
        for one in allowed
        if not any(other != one and other[0] <= one[0] and other[1] <= one[1] for other in allowed)
    )
    found = [*front(nodes, CAPACITY, lambda _: None)]
    assert [(design.period, design.resources.share(CAPACITY)) for design in found] == expected
    assert all(design in designs for design in found)


@given(spaces(), st.floats(1, 5))
@settings(max_examples=draws(60))
def test_the_leanest_design_has_the_fewest_luts_at_its_period(nodes: SpaceNodes, period: float) -> None:
    luts = [
        design.resources.lut for design in every_design(nodes) if fits(design) and design.period <= period
    ]
    found = leanest(nodes, CAPACITY, period)
    assert (None if found is None else found.resources.lut) == min(luts, default=None)
    assert solver.fits(nodes, CAPACITY, period) == bool(luts)


@given(spaces(), st.integers(0, 5))
@settings(max_examples=draws(60))
def test_foldings_and_copies_are_chosen_together(nodes: SpaceNodes, cut: int) -> None:
    staged = tuple(replace(node, stage=int(index >= cut)) for index, node in enumerate(nodes))
    together = fastest(copied(staged, ((1, 2, 3), (1, 2))), CAPACITY)
    apart = (fastest(copied(staged, ((one,), (other,))), CAPACITY) for one in (1, 2, 3) for other in (1, 2))
    periods = [design.period for design in apart if design is not None]
    assert (None if together is None else together.period) == min(periods, default=None)


@given(spaces())
@settings(max_examples=draws(30))
def test_without_limits_the_cheapest_design_may_not_fit(nodes: SpaceNodes) -> None:
    designs = every_design(nodes)
    found = cheapest(nodes, Resources(1, 1, 1, 1), float("inf"), share=float("inf"))
    assert (found is None) == (not designs)
    if found is not None:
        worst = [max(each.resources.shares(Resources(1, 1, 1, 1)).values()) for each in designs]
        assert found.resources.share(Resources(1, 1, 1, 1)) == min(worst)


def test_a_search_that_passes_its_limit_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "MOST_WORK", 0.0)
    chosen = tuple(Option(1, 1, 1.0, Resources(lut=cost), 1) for cost in range(2, 9))
    nodes = tuple(SpaceNode(f"node {index}", 0, chosen, ()) for index in range(30))
    with pytest.raises(FpgaEeError, match="the search for a design ends at its limit of work"):
        cheapest(nodes, Resources(1000, 1, 1, 1), 1.0)


def test_resources_beyond_64_bits_are_refused_in_words() -> None:
    nodes = tuple(SpaceNode(name, 0, (Option(1, 1, 1.0, Resources(lut=2**62), 1),), ()) for name in "ab")
    with pytest.raises(FpgaEeError, match="too large to be added up"):
        cheapest(nodes, Resources(1000, 1, 1, 1), 1.0, share=float("inf"))
