"""Memories get the cheapest mapping on an FPGA of a family."""

import pytest

from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.families.xcup import FAMILY as ULTRASCALE_PLUS
from fpga_ee.hardware.fpga.memory_mapping import Kind, distributed, ram, rom
from fpga_ee.hardware.fpga.resources import Resources


@pytest.mark.parametrize(
    ("words", "width", "kind", "takes", "rows"),
    [
        # Fewer bits than a primitive costs stay registers.
        (1, 9, Kind.LOGIC, Resources(), 1),
        (2, 3, Kind.LOGIC, Resources(), 1),
        (2, 4, Kind.LUTRAM, Resources(lut=4), 1),
        (4, 1, Kind.LOGIC, Resources(), 1),
        (16, 6, Kind.LUTRAM, Resources(lut=4), 1),
        (32, 7, Kind.LUTRAM, Resources(lut=8), 1),
        (64, 3, Kind.LUTRAM, Resources(lut=4), 1),
        (65, 6, Kind.LUTRAM, Resources(lut=12), 3),
        (1024, 18, Kind.BRAM, Resources(bram=1), 1),
        (4096, 9, Kind.BRAM, Resources(bram=2), 1),
    ],
)
def test_a_memory_is_what_is_cheapest(
    words: int, width: int, kind: Kind, takes: Resources, rows: int
) -> None:
    found = ram(words, width, SERIES_7.lut_memory)
    assert (found.kind, found.takes, found.rows) == (kind, takes, rows)


def test_a_memory_whose_reading_is_not_clocked_is_never_block_ram() -> None:
    assert distributed(1024, 18, SERIES_7.lut_memory).kind is Kind.LUTRAM
    assert distributed(1, 18, SERIES_7.lut_memory).kind is Kind.LOGIC


def test_a_memory_of_constants_is_logic_until_a_block_ram_is_cheaper() -> None:
    """A block RAM of 18 Kb costs 131, a bit of logic a sixty-fourth."""
    assert rom(512, 0).cost == 0
    assert [rom(words, 16).kind for words in (524, 525)] == [Kind.LOGIC, Kind.BRAM]
    assert rom(2048, 9).takes == Resources(bram=1)
    assert rom(2049, 9).takes == Resources(bram=2)


@pytest.mark.parametrize(
    ("words", "width", "kind", "takes", "rows"),
    [
        (2, 2, Kind.LOGIC, Resources(), 1),
        (3, 1, Kind.LOGIC, Resources(), 1),
        (32, 14, Kind.LUTRAM, Resources(lut=8), 1),
        (64, 7, Kind.LUTRAM, Resources(lut=8), 1),
        (65, 1, Kind.LUTRAM, Resources(lut=24), 3),
        (65, 29, Kind.BRAM, Resources(bram=1), 1),
    ],
)
def test_a_memory_of_ultrascale_plus_is_what_is_cheapest_there(
    words: int, width: int, kind: Kind, takes: Resources, rows: int
) -> None:
    found = ram(words, width, ULTRASCALE_PLUS.lut_memory)
    assert (found.kind, found.takes, found.rows) == (kind, takes, rows)
