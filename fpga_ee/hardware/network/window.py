"""Windows: a convolution or a pooling slides one over its input."""

from dataclasses import dataclass
from math import prod

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.library.sliding_window import Geometry, slots
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.timing.windows import rows_of_windows

MOST_TAPS = 256
"""Most rows or columns of a window, of its stride and of its padding; published windows have up to 31."""


@dataclass(frozen=True)
class Window:
    """A window.

    Attributes:
        kernel: Rows and columns of the window.
        stride: Rows and columns that the window moves by.
        padding: Rows and columns of padding at the top, left, bottom and right.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def __post_init__(self) -> None:
        """Check the sizes.

        Raises:
            FpgaEeError: A size is out of its range.
        """
        kernels, strides = (
            all(1 <= size <= MOST_TAPS for size in sizes) for sizes in (self.kernel, self.stride)
        )
        if not (kernels and strides and all(0 <= size <= MOST_TAPS for size in self.padding)):
            raise FpgaEeError(
                f"a window of {list(self.kernel)} with stride {list(self.stride)} and padding "
                f"{list(self.padding)} cannot be: all are {MOST_TAPS} at most, and but for padding 1 at least"
            )

    @property
    def taps(self) -> int:
        """Number of input positions under the window."""
        return self.kernel[0] * self.kernel[1]

    def padded(self, rows: int, cols: int) -> tuple[int, int]:
        """Rows and columns of an input of ``rows`` x ``cols`` with its padding."""
        top, left, bottom, right = self.padding
        return rows + top + bottom, cols + left + right

    def output(self, rows: int, cols: int) -> tuple[int, int]:
        """Rows and columns of the output for an input of ``rows`` x ``cols``.

        Incomplete windows do not count.
        """
        padded = self.padded(rows, cols)
        return (
            (padded[0] - self.kernel[0]) // self.stride[0] + 1,
            (padded[1] - self.kernel[1]) // self.stride[1] + 1,
        )

    def needs(self, rows: int, outputs: int) -> list[int]:
        """Count the rows of the input that each row of windows needs.

        Args:
            rows: Rows of the input.
            outputs: Rows of windows.
        """
        needs, _ = rows_of_windows(self.kernel[0], self.stride[0], self.padding[0], rows, outputs)
        return needs

    def narrowest_banks(self, entering: FeatureMap, leaving: FeatureMap) -> tuple[int, int]:
        """Choose the fewest taps at once with which windows are not read slower than their input is written.

        Returns:
            Rows and columns of taps. All taps where no fewer suffice.
        """
        for banks in ((1, 1), (self.kernel[0], 1)):
            if leaving.positions * self.taps // prod(banks) <= entering.positions:
                return banks
        return self.kernel

    def geometry(
        self, entering: FeatureMap, leaving: FeatureMap, lanes: int, banks: tuple[int, int]
    ) -> Geometry:
        """Give the parameters of the modules with a window.

        Args:
            entering: The input.
            leaving: The output.
            lanes: Channels of a beat.
            banks: Rows and columns of taps that are read at once; each is 1 or all.
        """
        return Geometry(
            groups=entering.channels // lanes,
            rows=entering.rows,
            cols=entering.cols,
            kernel_rows=self.kernel[0],
            kernel_cols=self.kernel[1],
            stride_rows=self.stride[0],
            stride_cols=self.stride[1],
            pad_top=self.padding[0],
            pad_left=self.padding[1],
            out_rows=leaving.rows,
            out_cols=leaving.cols,
            bank_rows=banks[0],
            bank_cols=banks[1],
            slots=slots(self.kernel[0], self.stride[0], banks[0]),
        )
