"""The search finds what trying every design finds."""

from itertools import product
from math import prod

from helpers.draws import draws
from helpers.strategies import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.search.explore import Block, Design, Option, cheapest, fastest, front

CAPACITY = Resources(24, 20, 16, 12)


def total(root: Block, chosen: dict[str, Option], offered: int = 1) -> Resources:
    """Resources of a design, added up block by block and joint by joint."""
    used = root.converter(offered, chosen[root.name].streams_in)
    for block in root.walk():
        used += chosen[block.name].resources
        for child in block.children:
            used += child.converter(chosen[block.name].streams_out, chosen[child.name].streams_in)
    return used


def every_design(root: Block) -> list[Design]:
    """All designs of a space, made by trying every combination."""
    blocks = list(root.walk())
    designs = []
    for options in product(*(block.options for block in blocks)):
        chosen = {block.name: option for block, option in zip(blocks, options, strict=True)}
        designs.append(Design(max(o.period for o in options), total(root, chosen), chosen))
    assert len(designs) == prod(len(block.options) for block in blocks)
    return designs


def fits(design: Design) -> bool:
    return design.resources.share(CAPACITY) <= 1


def rank(design: Design) -> tuple[float, float]:
    return design.resources.share(CAPACITY), sum(design.resources.shares(CAPACITY).values())


@given(spaces(), st.integers(1, 5))
@settings(max_examples=draws(200))
def test_the_cheapest_design_is_the_cheapest_of_all(root: Block, period: int) -> None:
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
def test_the_fastest_design_is_the_fastest_that_fits(root: Block) -> None:
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
def test_the_front_is_the_front_of_all_designs(root: Block) -> None:
    allowed = {(d.period, d.resources.share(CAPACITY)) for d in every_design(root) if fits(d)}
    expected = sorted(
        one
        for one in allowed
        if not any(other != one and other[0] <= one[0] and other[1] <= one[1] for other in allowed)
    )
    assert [(d.period, d.resources.share(CAPACITY)) for d in front(root, CAPACITY)] == expected


@given(spaces())
def test_a_design_costs_what_its_options_and_converters_cost(root: Block) -> None:
    for design in front(root, CAPACITY):
        assert design.resources == total(root, design.options)
        assert design.period == max(option.period for option in design.options.values())
