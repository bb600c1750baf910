"""A layer of a partition file: its parameters, and the feature maps and formats that they describe."""

from typing import Annotated, Any, Literal

from annotated_types import Interval

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import Name, excerpt
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Factor, Folding
from fpga_ee.hardware.network.window import Window

Bits = Annotated[int, Interval(ge=1, le=64)]
Size = Annotated[int, Interval(ge=1, le=65_536)]
Pad = Annotated[int, Interval(ge=0, le=1024)]
Taps = Annotated[int, Interval(ge=1, le=1024)]


@excerpt
class Parameters:
    """The parameters of a layer; its type decides which of them it has."""

    channels_in: Size | None = None
    channels_out: Size | None = None
    rows_in: Size | None = None
    rows_out: Size | None = None
    cols_in: Size | None = None
    cols_out: Size | None = None
    data_width: Bits | None = None
    input_width: Bits | None = None
    weight_width: Bits | None = None
    biases_width: Bits | None = None
    acc_width: Bits | None = None
    has_bias: bool | Literal[0, 1] = False
    groups: Size = 1
    kernel_size: tuple[Taps, Taps] | None = None
    stride: tuple[Taps, Taps] | None = None
    pad_top: Pad = 0
    pad_right: Pad = 0
    pad_bottom: Pad = 0
    pad_left: Pad = 0
    coarse: Factor | None = None
    coarse_in: Factor | None = None
    coarse_out: Factor | None = None
    coarse_group: Factor = 1
    fine: Factor = 1


@excerpt
class Record:
    """A layer of a partition.

    Every property raises FpgaEeError where the record lacks a parameter that it needs.

    Attributes:
        name: Its name.
        type: Its type, for example ``CONVOLUTION``.
        parameters: Its parameters.
        node_out: The layers that it feeds; the last layer of a chain names itself.
    """

    name: Name
    type: str
    parameters: Parameters
    node_out: str | tuple[str, ...] = ()

    def tell(self, parameter: str) -> Any:
        """Give a parameter that a layer of this type must have.

        Raises:
            FpgaEeError: The record lacks the parameter.
        """
        value = getattr(self.parameters, parameter)
        if value is None:
            raise FpgaEeError(f"layer {self.name} does not tell {parameter}: add it")
        return value

    def shape(self, side: str) -> tuple[int, int, int]:
        """List channels, rows and columns of the layer's input (``in``) or output (``out``)."""
        return self.tell(f"channels_{side}"), self.tell(f"rows_{side}"), self.tell(f"cols_{side}")

    @property
    def input(self) -> FeatureMap:
        """The layer's input."""
        return FeatureMap(*self.shape("in"), _word(self._width))

    @property
    def output(self) -> FeatureMap:
        """The output of a layer whose words keep their width."""
        return FeatureMap(*self.shape("out"), _word(self._width))

    @property
    def sums(self) -> FeatureMap:
        """The output of a layer that sums products."""
        return FeatureMap(*self.shape("out"), _word(self.tell("acc_width")))

    @property
    def weight_format(self) -> FixedPoint:
        """Format of the weights."""
        return _word(self.tell("weight_width"))

    @property
    def bias_format(self) -> FixedPoint | None:
        """Format of the bias; None where there is none."""
        return _word(self.tell("biases_width")) if self.parameters.has_bias else None

    @property
    def folding(self) -> Folding:
        """The layer's folding."""
        given = self.parameters
        coarse_in, coarse_out = given.coarse_in or given.coarse, given.coarse_out or given.coarse
        if coarse_in is None or coarse_out is None:
            raise FpgaEeError(f"layer {self.name} does not tell coarse_in and coarse_out: add them")
        return Folding(coarse_in, coarse_out, given.coarse_group, given.fine)

    @property
    def _width(self) -> int:
        return int(self.parameters.input_width or self.tell("data_width"))


def window_between(record: Record, entering: FeatureMap, leaving: FeatureMap) -> Window:
    """Read the window of a layer, and check it with the layer's input and output.

    Raises:
        FpgaEeError: The record lacks a parameter, or the window gives an output of another size.
    """
    given = record.parameters
    pads = given.pad_top, given.pad_left, given.pad_bottom, given.pad_right
    window = Window(record.tell("kernel_size"), record.tell("stride"), pads)
    size = window.output(entering.rows, entering.cols)
    if size != (leaving.rows, leaving.cols):
        raise FpgaEeError(
            f"layer {record.name} gives {leaving.rows} x {leaving.cols} words a channel, but its window "
            f"{size[0]} x {size[1]}: correct its sizes"
        )
    return window


def _word(bits: int) -> FixedPoint:
    return FixedPoint(bits, signed=True, frac=bits // 2)
