"""The mapping of a memory by Yosys: to look-up tables that remember, to block RAM, or to logic.

Yosys weighs the cost of all ways (``memory_libmap`` with the libraries ``lutrams_*.txt`` and
``brams_xc4v.txt``) and takes the cheapest; so does this. The costs have no unit; the choice is exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import ceil

from fpga_ee.hardware.fpga.family import LutMemory
from fpga_ee.hardware.fpga.resources import Resources

_MUX = 0.5
"""Cost of a bit of a multiplexer behind a memory of several rows of primitives, and of an enable in front."""

_EMULATION = 2.0
"""Cost of a read port that is not the write port."""

_ROM_BIT = 1 / 64
_RAM_BIT = 1.0
"""Cost of a bit that is made of logic, without and with a write port."""


class Kind(Enum):
    """The material of a memory."""

    LOGIC = "logic"
    LUTRAM = "lutram"
    BRAM = "bram"


@dataclass(frozen=True)
class MemoryMapping:
    """The way that a memory is built.

    Attributes:
        kind: The material.
        cost: Yosys's cost.
        takes: The primitives, without logic around them.
        rows: Rows of primitives, between which a multiplexer chooses.
    """

    kind: Kind
    cost: float
    takes: Resources = field(default_factory=Resources)
    rows: int = 1


def ram(words: int, width: int, luts: LutMemory | None) -> MemoryMapping:
    """A memory with a clocked write port and a clocked read port with an enable.

    Args:
        words: Its words.
        width: Bits of a word.
        luts: The family's LUTs that remember; None where it has none.
    """
    logic = MemoryMapping(Kind.LOGIC, _RAM_BIT * words * width)
    return min(logic, *_lutrams(words, width, luts), *_brams(words, width, byte=9), key=_cost)


def distributed(words: int, width: int, luts: LutMemory | None) -> MemoryMapping:
    """A memory whose read port is not clocked, so that no block RAM can be it."""
    logic = MemoryMapping(Kind.LOGIC, _RAM_BIT * words * width)
    return min(logic, *_lutrams(words, width, luts), key=_cost)


def rom(words: int, width: int) -> MemoryMapping:
    """A memory that is only read, by a clocked port; constant bits of all words do not count as width."""
    if width == 0:
        return MemoryMapping(Kind.LOGIC, 0.0)
    logic = MemoryMapping(Kind.LOGIC, _ROM_BIT * words * width)
    return min(logic, *_brams(words, width, byte=1), key=_cost)


def _cost(way: MemoryMapping) -> float:
    return way.cost


def _lutrams(words: int, width: int, luts: LutMemory | None) -> Iterator[MemoryMapping]:
    if luts is None:
        return
    for depth, unit in luts.shapes:
        rows = ceil(words / depth)
        primitives = rows * ceil(width / unit)
        price = (luts.cost - luts.by_width) * primitives + luts.by_width * rows * width / unit
        cost = price + _between(rows, width, written=True) + _EMULATION
        yield MemoryMapping(Kind.LUTRAM, cost, Resources(lut=luts.luts * primitives), rows)


_ASPECTS = ((0, 1), (1, 2), (2, 4), (3, 9), (4, 18), (5, 36), (6, 72))


def _brams(words: int, width: int, byte: int) -> Iterator[MemoryMapping]:
    # RAMB18 and RAMB36, as one write and one read port.
    for address, price, halves, widest in ((14, 129, 1, 5), (15, 257, 2, 6)):
        for shift, unit in _ASPECTS[: widest + 1]:
            rows = ceil(words / (1 << (address - shift)))
            padded = ceil(width / min(byte, unit)) * min(byte, unit)
            primitives = ceil(rows * padded / unit)
            cost = price * primitives + _between(rows, width, written=byte > 1) + _EMULATION
            yield MemoryMapping(Kind.BRAM, cost, Resources(bram=halves * primitives), rows)


def _between(rows: int, width: int, *, written: bool) -> float:
    demux = rows if written and rows > 1 else 0
    return _MUX * ((rows - 1) * width + demux)
