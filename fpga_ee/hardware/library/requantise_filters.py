"""``requantise_filters.sv``: sums of filters with grids of their own, rounded to one grid and limited."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.requantise import LATENCY, RequantiseModule
from fpga_ee.hardware.memory_image import TopConstant

COARSER_BITS = 5
"""Bits of a filter in the constant of grids."""


@dataclass(frozen=True)
class RequantiseFilters(LibraryModule):
    """Rounds and limits words, each from the grid of its filter.

    Attributes:
        lanes: Words of a beat.
        turns: Beats of a position; filters / ``lanes``.
        in_bits: Bits of a word that enters.
        out_bits: Bits of a word that leaves.
        shift: Fractional bits that are dropped of the finest grid; negative where zeros are appended.
        low: Least word that leaves.
        high: Greatest word that leaves.
        coarser: The fractional bits that each filter has less, as :func:`grids` packs them.
    """

    NAME: ClassVar[str] = "requantise_filters"

    lanes: int
    turns: int
    in_bits: int
    out_bits: int
    shift: int
    low: int
    high: int
    coarser: TopConstant

    @property
    def latency(self) -> int:
        """Cycles from a word to its rounded and limited value."""
        return LATENCY

    @property
    def interval(self) -> int:
        """Cycles that a beat takes."""
        return 1

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List a rounding for each lane, from the finest grid of the lane's filters."""
        for (least, most), count in Counter((min(each), max(each)) for each in self._of_lanes).items():
            rounding = RequantiseModule(
                lanes=1,
                in_bits=self.in_bits + most - least,
                out_bits=self.out_bits,
                shift=self.shift - least,
                low=self.low,
                high=self.high,
            )
            yield rounding, count

    def terms(self, family: Family) -> Terms:
        """Count the counter of turns, and what appends zeros in lanes of several grids.

        Of a lane with one grid the zeros are wires.
        """
        several = [[number - min(each) for number in each] for each in self._of_lanes if len(set(each)) > 1]
        if not several:
            return Terms()
        turn = clog2(self.turns)
        # The zeros of a turn are looked up into registers, of which Yosys merges equal ones.
        looked_up = len({column for each in several for column in _varying(each)})
        return Terms(
            lut=sum(self._appending(each) for each in several),
            ff=turn + looked_up,
            fitted={"one": 1, "turn": turn, "looked up": looked_up * ceil(self.turns / 64)},
        )

    def _appending(self, zeros: Sequence[int]) -> int:
        """Count the LUTs that append so many zeros, turn by turn.

        A LUT appends what two bits of the number say. A bit that comes from the same bit in every turn, as
        the highest does, needs none.
        """
        kinds, top = set(zeros), self.in_bits - 1
        sources = (
            {min(bit - more, top) if bit >= more else None for more in kinds}
            for bit in range(self.in_bits + max(kinds))
        )
        return sum(len(each) > 1 for each in sources) * ceil(len(_varying(zeros)) / 2)

    @property
    def _of_lanes(self) -> list[list[int]]:
        """The numbers of ``coarser``, turn by turn, for each lane."""
        mask = (1 << COARSER_BITS) - 1
        numbers = [self.coarser.value >> COARSER_BITS * at & mask for at in range(self.lanes * self.turns)]
        return [numbers[lane :: self.lanes] for lane in range(self.lanes)]


def _varying(numbers: Sequence[int]) -> list[tuple[int, ...]]:
    """List the values that a bit has in all numbers, for each bit that is not the same in all."""
    columns = (tuple(number >> bit & 1 for number in numbers) for bit in range(COARSER_BITS))
    return [column for column in columns if len(set(column)) > 1]


def grids(name: str, coarser: Sequence[int]) -> TopConstant:
    """Pack the fractional bits that each filter has less, the first filter's in the lowest bits."""
    value = sum(bits << COARSER_BITS * at for at, bits in enumerate(coarser))
    return TopConstant(name, COARSER_BITS * len(coarser), value)
