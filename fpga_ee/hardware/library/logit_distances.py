"""``logit_distances.sv``: the distance of every logit from the largest, as an index of a table."""

from dataclasses import dataclass
from typing import ClassVar

from fpga_ee.hardware.bit_widths import counter_bits
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice


@dataclass(frozen=True)
class LogitDistances(LibraryModule):
    """Keeps the logits of two samples, and subtracts each from the largest of its sample.

    Attributes:
        bits: Bits of a logit.
        classes: Logits of a sample.
        last: The greatest index, which stands for every larger distance.
        index_bits: Bits of an index.
    """

    NAME: ClassVar[str] = "logit_distances"

    bits: int
    classes: int
    last: int
    index_bits: int

    @property
    def latency(self) -> int:
        """Cycles from a sample's last logit to its first index."""
        return 3

    @property
    def interval(self) -> int:
        """Cycles that a sample takes."""
        return self.classes

    def terms(self, family: Family) -> Terms:
        """Count the memory of logits, the largest logit, and the subtraction."""
        count = counter_bits(self.classes)
        memory = ram(2 << count, self.bits, family.lut_memory)
        word = 0 if memory.kind is Kind.BRAM else self.bits
        return Terms(
            lut=memory.takes.lut + choice(self.bits, memory.rows),
            ff=3 * self.bits + word + 4 + 2 * count + 5 + self.index_bits,
            bram=memory.takes.bram,
            fitted={"one": 1, "bit": self.bits, "count": count},
        )
