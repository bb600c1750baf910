"""``exit_merge.sv``: the results of all exits as one stream."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.word_select import chosen_stream


@dataclass(frozen=True)
class ExitMerge(LibraryModule):
    """Takes whole results, one exit after another, and finds their labels.

    Attributes:
        exits: Streams that are joined.
        bits: Bits of a logit.
        classes: Logits of a sample.
        id_bits: Bits of a sample's ID.
        label_bits: Bits of a label.
        exit_bits: Bits of an exit's index.
    """

    NAME: ClassVar[str] = "exit_merge"

    exits: int
    bits: int
    classes: int
    id_bits: int
    label_bits: int
    exit_bits: int

    @property
    def latency(self) -> int:
        """Cycles from a logit to its beat."""
        return 1

    @property
    def interval(self) -> int:
        """Cycles that a sample takes: one for each logit, and one to choose the exit."""
        return self.classes + 1

    def sample_interval(self, beats: int) -> int:
        """Cycles that a sample takes."""
        return self.interval

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the multiplexers that choose an exit's stream."""
        return chosen_stream(self.bits, self.id_bits, self.exits)

    def terms(self, family: Family) -> Terms:
        """Count the registers of the current result: ID, label and largest logit."""
        chosen = 2 * clog2(self.exits)
        return Terms(
            ff=self.id_bits + 2 * self.label_bits + 3 + 2 * self.bits + chosen,
            fitted={"one": 1, "bit": self.bits, "exit": self.exits - 1},
        )


RESULT = 2
"""Cycles from the offer of a result to its first logit: one to choose the exit, one for its register."""
