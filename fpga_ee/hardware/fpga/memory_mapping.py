"""Maps a memory as Yosys does: to distributed memory, to block RAM, or to logic.

Yosys computes the cost of all ways (``memory_libmap`` with the libraries ``lutrams_*.txt`` and
``brams_xc4v.txt``) and takes the cheapest. This module does the same. Costs have no unit; the choice is
exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from math import ceil

from fpga_ee.hardware.fpga.family import LutMemory
from fpga_ee.hardware.fpga.resources import Resources

_MUX = 0.5
"""Cost of a bit of the multiplexer after a memory of several rows of primitives, or an enable before it."""

_EMULATION = 2.0
"""Cost of emulating a read port that is not the write port."""

_ROM_BIT = 1 / 64
_RAM_BIT = 1.0
"""Cost of a bit that is made of logic, without and with a write port."""


class Kind(Enum):
    """The hardware that a memory is made of."""

    LOGIC = "logic"
    LUTRAM = "lutram"
    BRAM = "bram"


@dataclass(frozen=True)
class MemoryMapping:
    """The mapping of a memory.

    Attributes:
        kind: The hardware that it is made of.
        cost: Yosys's cost.
        takes: The primitives, without the logic around them.
        rows: Rows of primitives; a multiplexer selects one of them.
    """

    kind: Kind
    cost: float
    takes: Resources = field(default_factory=Resources)
    rows: int = 1


def ram(words: int, width: int, luts: LutMemory | None) -> MemoryMapping:
    """Map a memory with a clocked write port, and a clocked read port with an enable.

    Args:
        words: Its words.
        width: Bits of a word.
        luts: The family's distributed memory; None where it has none.
    """
    logic = MemoryMapping(Kind.LOGIC, _RAM_BIT * words * width)
    return min(logic, *_lutrams(words, width, luts), *_brams(words, width, byte=9), key=_cost)


def distributed(words: int, width: int, luts: LutMemory | None) -> MemoryMapping:
    """Map a memory whose read port is not clocked; block RAM cannot implement it."""
    logic = MemoryMapping(Kind.LOGIC, _RAM_BIT * words * width)
    return min(logic, *_lutrams(words, width, luts), key=_cost)


def rom(words: int, width: int) -> MemoryMapping:
    """Map a memory that is only read, by a clocked port. Bits that are equal in all words need no width."""
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
