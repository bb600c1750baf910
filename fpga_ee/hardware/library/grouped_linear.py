"""``grouped_linear.sv``: a folded matrix-vector product with bias, in groups."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.rom_bits import distinct
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.adder_tree import AdderTree
from fpga_ee.hardware.library.linear import LinearModule, sum_memory
from fpga_ee.hardware.library.stream_skid import StreamSkid


@dataclass(frozen=True)
class GroupedLinear(LinearModule):
    """Products of groups of words that share no sum.

    Attributes are those of ``LinearModule`` for one group. The memories have a line for every round.

    Attributes:
        blocks: Groups that are computed at once.
        rounds: Groups / ``blocks``; a round is a vector.
    """

    NAME: ClassVar[str] = "grouped_linear"

    blocks: int
    rounds: int

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the products of all words of a beat, an adder tree for every sum, and a register."""
        sums = self.blocks * self.lanes
        yield StreamSkid(width=sums * self.sum_bits), 1
        yield self._products(self.blocks * self.words, self.rounds * self.interval, family), 1
        yield AdderTree(self.words, self.in_bits + self.weight_bits, self.sum_bits), sums

    def terms(self, family: Family) -> Terms:
        """Count the counters of lines, places, folds and biases, the bias, and the memory of sums."""
        line, place, fold = clog2(self.rounds * self.interval), clog2(self.interval), clog2(self.folds)
        lines, sums = self.rounds * self.folds, self.blocks * self.lanes * self.sum_bits
        begins, bias, delay = clog2(lines), distinct(self.bias), 3 + clog2(self.words)
        # Where Yosys sees that every line is one of the first beat, it builds neither places nor sums.
        grown = 1 << place != self.folds
        growing = sum_memory(self.folds, sums, family) + Terms(ff=place + 2 * fold) if grown else Terms()
        return growing + Terms(
            ff=line + fold + delay + begins + 1 + sums + bias,
            fitted={
                "one": 1,
                "sum bit, grown": sums if grown else 0,
                "sum bit": 0 if grown else sums,
                "line": line,
                "place": place if grown else 0,
                "fold": fold,
                "begins": begins,
                "bias": bias if lines <= 32 else 0,
                "long bias": bias * ceil(lines / 64) if lines > 32 else 0,
            },
        )
