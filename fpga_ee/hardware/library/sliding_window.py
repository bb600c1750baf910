"""``sliding_window.sv``: holds the rows of an input in banks, and reads them window by window."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import ClassVar

from fpga_ee.hardware.bit_widths import clog2, counter_bits
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice
from fpga_ee.hardware.library.row_ledger import RowLedger
from fpga_ee.hardware.library.tap_order import TapOrder
from fpga_ee.hardware.library.window_reader import WindowReader
from fpga_ee.hardware.library.window_writer import WindowWriter
from fpga_ee.hardware.timing.passages import WINDOW_READ
from fpga_ee.hardware.timing.pipeline import Machine, Pipeline
from fpga_ee.hardware.timing.windows import rows_of_windows


@dataclass(frozen=True)
class Geometry:
    """Parameters that all modules with a window share.

    Attributes:
        groups: Beats of a position: channels / lanes.
        rows: Rows of the input.
        cols: Columns of the input.
        kernel_rows: Rows of a window.
        kernel_cols: Columns of a window.
        stride_rows: Rows from one window to the next.
        stride_cols: Columns from one window to the next.
        pad_top: Rows of padding above the input.
        pad_left: Columns of padding left of it.
        out_rows: Rows of windows.
        out_cols: Columns of windows.
        bank_rows: Rows of taps that are read at once: 1 or all.
        bank_cols: Columns of taps that are read at once: 1 or all.
        slots: Rows that a bank holds.
    """

    groups: int
    rows: int
    cols: int
    kernel_rows: int
    kernel_cols: int
    stride_rows: int
    stride_cols: int
    pad_top: int
    pad_left: int
    out_rows: int
    out_cols: int
    bank_rows: int
    bank_cols: int
    slots: int

    @property
    def taps(self) -> int:
        """Taps that are read at once."""
        return self.bank_rows * self.bank_cols

    @property
    def reads(self) -> int:
        """Beats in which the taps of a window are read, for one group of channels."""
        return (self.kernel_rows // self.bank_rows) * (self.kernel_cols // self.bank_cols)

    @property
    def held(self) -> int:
        """Rows of the input that all banks hold together."""
        return self.slots * self.bank_rows

    @property
    def read_beats(self) -> int:
        """Beats in which all windows of a sample are read."""
        return self.out_rows * self.out_cols * self.groups * self.reads

    @property
    def written_beats(self) -> int:
        """Beats in which a sample is written."""
        return self.rows * self.cols * self.groups

    def interval(self, folds: int) -> int:
        """Cycles between two samples, where each beat of a window is held for ``folds`` cycles."""
        return max(self.read_beats * folds, self.written_beats)

    def machine(self, cycles: int) -> Machine:
        """Build the pipeline's machine. It takes ``cycles`` for all windows of a sample."""
        needs, frees = rows_of_windows(
            self.kernel_rows, self.stride_rows, self.pad_top, self.rows, self.out_rows
        )
        return Machine(cycles=cycles, held=self.held, needs=needs, frees=frees)


def slots(kernel: int, stride: int, bank_rows: int) -> int:
    """Rows that a bank must hold so that the next window's rows can enter while this one's are read."""
    return ceil(2 * max(kernel, stride) / bank_rows)


@dataclass(frozen=True)
class SlidingWindow(LibraryModule):
    """The banks of a window.

    Attributes:
        lanes: Channels of a beat.
        bits: Bits of a word.
        window: The window.
        pad_word: The word of a tap outside of the input.
    """

    NAME: ClassVar[str] = "sliding_window"
    STEP: ClassVar[str] = "step"
    VISIBLE: ClassVar[tuple[str, ...]] = ("step",)

    lanes: int
    bits: int
    window: Geometry
    pad_word: int

    @property
    def latency(self) -> int:
        """Cycles from the last beat of a window's last row to the window's first beat."""
        return WINDOW_READ

    @property
    def interval(self) -> int:
        """Cycles between two samples."""
        return self.window.interval(1)

    @property
    def window_rows(self) -> int:
        """Rows of the feature map that enters."""
        return self.window.rows

    def sample_interval(self, beats: int) -> int:
        """Cycles between two samples. The window's geometry holds the number of beats."""
        return self.interval

    def in_pipeline(self, pipeline: Pipeline, entering: Stream) -> Pipeline:
        """Add a machine that holds rows, and gives a beat a cycle."""
        machine = self.window.machine(self.window.read_beats)
        # Rows come no faster than they are written.
        return pipeline.at_least(entering.beats).behind(machine, self.window.out_rows).delayed(self.latency)

    def inside(self, family: Family) -> Iterator[tuple[LibraryModule, int]]:
        """List the ledger of rows, the counters of places for writing and reading, and the order of taps."""
        window = self.window
        yield (
            RowLedger(
                held=window.held,
                rows=window.rows,
                kernel_rows=window.kernel_rows,
                stride_rows=window.stride_rows,
                pad_top=window.pad_top,
                out_rows=window.out_rows,
            ),
            1,
        )
        yield (
            WindowWriter(
                groups=window.groups,
                cols=window.cols,
                slots=window.slots,
                bank_rows=window.bank_rows,
                bank_cols=window.bank_cols,
                col_bits=self._col_bits,
                row_bank_bits=counter_bits(window.bank_rows),
                col_bank_bits=counter_bits(window.bank_cols),
                slot_bits=self._slot_bits,
                offset_bits=self._offset_bits,
            ),
            1,
        )
        yield (
            WindowReader(
                groups=window.groups,
                rows=window.rows,
                kernel_rows=window.kernel_rows,
                kernel_cols=window.kernel_cols,
                stride_rows=window.stride_rows,
                stride_cols=window.stride_cols,
                pad_top=window.pad_top,
                pad_left=window.pad_left,
                out_rows=window.out_rows,
                out_cols=window.out_cols,
                bank_rows=window.bank_rows,
                bank_cols=window.bank_cols,
                slots=window.slots,
                row_bits=self._row_bits,
                col_bits=self._col_bits,
                row_bank_bits=counter_bits(window.bank_rows),
                col_bank_bits=counter_bits(window.bank_cols),
                slot_bits=self._slot_bits,
                offset_bits=self._offset_bits,
            ),
            1,
        )
        yield (
            TapOrder(
                lanes=self.lanes,
                bits=self.bits,
                rows=window.rows,
                cols=window.cols,
                bank_rows=window.bank_rows,
                bank_cols=window.bank_cols,
                row_bits=self._row_bits,
                col_bits=self._col_bits,
                row_bank_bits=counter_bits(window.bank_rows),
                col_bank_bits=counter_bits(window.bank_cols),
                pad_word=self.pad_word,
            ),
            1,
        )

    def terms(self, family: Family) -> Terms:
        """Count the memories of the banks."""
        rows, cols = self.window.bank_rows, self.window.bank_cols
        banks, beat = rows * cols, self.lanes * self.bits
        memory = ram((1 << self._offset_bits) * self.window.slots, beat, family.lut_memory)
        word = clog2(memory.rows) if memory.kind is Kind.BRAM else beat
        return Terms(
            lut=banks * (memory.takes.lut + choice(beat, memory.rows)),
            ff=banks * word,
            bram=banks * memory.takes.bram,
            fitted={
                "one": 1,
                "bank": banks - 1,
                "row of memory": banks * (memory.rows - 1),
                "bank rows of slots": (rows - 1) * self._slot_bits,
                "bank columns of offsets": (cols - 1) * self._offset_bits,
            },
        )

    @property
    def _row_bits(self) -> int:
        """Bits of a signed row of a tap."""
        w = self.window
        return clog2(w.rows + w.out_rows * w.stride_rows + w.kernel_rows + w.pad_top + 1) + 1

    @property
    def _col_bits(self) -> int:
        """Bits of a signed column of a tap."""
        w = self.window
        return clog2(w.cols + w.out_cols * w.stride_cols + w.kernel_cols + w.pad_left + 1) + 1

    @property
    def _slot_bits(self) -> int:
        """Bits of the number of a slot."""
        return counter_bits(self.window.slots)

    @property
    def _offset_bits(self) -> int:
        """Bits of a word in a slot."""
        return counter_bits(ceil(self.window.cols / self.window.bank_cols) * self.window.groups)
