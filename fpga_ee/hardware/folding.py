"""Foldings: how much of a layer is computed at once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import product
from math import isqrt
from typing import Any

from fpga_ee.hardware.graph import Convolution, Layer, Linear, Pooling, Relu, Requantise


@dataclass(frozen=True, order=True)
class Folding:
    """The parallelism of one layer, in fpgaConvNet's words.

    Attributes:
        coarse_in: Parallel input channels (of a group).
        coarse_out: Parallel output channels (of a group).
        coarse_group: Parallel groups of a grouped convolution.
        fine: Parallel taps of a convolution's window.
    """

    coarse_in: int = 1
    coarse_out: int = 1
    coarse_group: int = 1
    fine: int = 1

    @property
    def streams_in(self) -> int:
        """Words that enter in one cycle."""
        return self.coarse_in * self.coarse_group

    @property
    def streams_out(self) -> int:
        """Words that leave in one cycle."""
        return self.coarse_out * self.coarse_group


def parse_folding(name: str, record: Mapping[str, Any]) -> Folding:
    """A folding as JSON has it; what is not named is 1.

    Args:
        name: The layer that is folded.
        record: Attributes of :class:`Folding` and their values.

    Raises:
        TypeError: The record is something else than a dictionary.
        ValueError: It has something else; the message names the layer and the value.
    """
    known = [field.name for field in fields(Folding)]
    if not isinstance(record, dict):
        raise TypeError(f"the folding of {name} is {record!r}, not numbers for {', '.join(known)}")
    for factor, value in record.items():
        if factor not in known:
            raise ValueError(f"the folding of {name} has {factor}, which is not one of {', '.join(known)}")
        positive(value, f"{factor} of {name}")
    return Folding(**record)


def positive(value: Any, what: str) -> int:
    """A value of JSON that must be a positive whole number.

    Args:
        value: The value.
        what: What it is, for the message.

    Raises:
        ValueError: It is something else.
    """
    # True is an int to Python, and would be 1.
    if type(value) is not int or value < 1:
        raise ValueError(f"{what} is {value!r}, not a positive whole number")
    return value


def divisors(number: int) -> list[int]:
    """All divisors of a positive number, ascending."""
    small = [candidate for candidate in range(1, isqrt(number) + 1) if number % candidate == 0]
    return sorted({*small, *(number // candidate for candidate in small)})


def feasible(layer: Layer) -> list[Folding]:
    """All foldings of a layer that fpgaConvNet's hardware can build.

    Every coarse factor divides the channels it splits. A window is folded by nothing, by a column of taps or
    by all of them. Layers that treat every word alone take as many streams in as out.
    """
    match layer:
        case Convolution(window=window, groups=groups):
            rows, cols = window.kernel
            return [
                Folding(coarse_in, coarse_out, coarse_group, fine)
                for coarse_in, coarse_out, coarse_group, fine in product(
                    divisors(layer.input.channels // groups),
                    divisors(layer.output.channels // groups),
                    divisors(groups),
                    sorted({1, max(rows, cols) if 1 in (rows, cols) else rows, rows * cols}),
                )
            ]
        case Linear():
            return [
                Folding(coarse_in, coarse_out)
                for coarse_in, coarse_out in product(
                    divisors(layer.input.channels), divisors(layer.output.channels)
                )
            ]
        case Pooling() | Relu() | Requantise():
            return [Folding(coarse, coarse) for coarse in divisors(layer.input.channels)]
