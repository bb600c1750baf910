"""Whether ONNX files are what a manifest says: their inputs and outputs, and the constants that decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.exit_tables import Top1Tables, decision_tables
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.onnx_files import values_of

FLOAT, INTEGER, BOOLEAN = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL

MOST_FRAC = 16
"""Fractional bits of logits whose table of exponentials has 10^6 entries."""

ANY = None
"""A dimension of any size: the number of images."""


@dataclass(frozen=True)
class Tensor:
    """An input or output of a file: its name, ONNX type and shape."""

    name: str
    type: int
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        """As it is told in messages: ``image float [images, 1, 28, 28]``."""
        sizes = ", ".join("images" if size is ANY else str(size) for size in self.shape)
        return f"{self.name:.60} {TensorProto.DataType.Name(self.type).lower()} [{sizes}]"


@dataclass(frozen=True)
class Interface:
    """What goes into a file and comes out of it, in order."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def check_interface(model: onnx.ModelProto, expected: Interface) -> None:
    """Check the inputs and outputs of a file.

    Raises:
        ValueError: It has others.
    """
    for kind, found, wanted in (
        ("inputs", model.graph.input, expected.inputs),
        ("outputs", model.graph.output, expected.outputs),
    ):
        tensors = tuple(map(_tensor, found))
        if tensors != wanted:
            raise ValueError(f"its {kind} are {_listed(tensors)}, not {_listed(wanted)}")


def check_decision(
    model: onnx.ModelProto, prefix: str, criterion: Criterion, threshold: float, logits: FixedPoint | None
) -> None:
    """Check that a decision file decides by a rule: that it holds the rule's constants.

    Args:
        model: The file.
        prefix: What the names of its constants begin with.
        criterion: What is measured.
        threshold: The threshold.
        logits: Format of the logits; None in a float export.

    Raises:
        ValueError: A constant is missing or another one.
    """
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    for name, expected in _constants(criterion, threshold, logits).items():
        tensor = found.get(f"{prefix}.{name}")
        value = None if tensor is None else values_of(tensor)
        if value is None or value.dtype != expected.dtype or not np.array_equal(value, expected):
            raise ValueError(f"{prefix}.{name} is not what {criterion} {threshold} needs")


def _constants(
    criterion: Criterion, threshold: float, logits: FixedPoint | None
) -> Mapping[str, NDArray[np.generic]]:
    if logits is None:
        return {"threshold": np.asarray(threshold, np.float32)}
    if logits.frac > MOST_FRAC:
        raise ValueError(f"its table would not end: logits have {logits.frac} fractional bits")
    tables = decision_tables(criterion, threshold, logits)
    constants = {
        "scale": np.asarray(logits.scale, np.float32),
        "zero": np.asarray(0, np.dtype(logits.carrier)),
        "exponentials": tables.exponentials,
        "last": np.asarray(len(tables.exponentials) - 1, np.int32),
    }
    if isinstance(tables, Top1Tables):
        return {**constants, "bound": np.asarray(tables.bound, np.int32)}
    return {
        **constants,
        "weighted": tables.weighted,
        "bounds": tables.bounds,
        "step": np.asarray(2**tables.shift, np.int32),
        "last_step": np.asarray(len(tables.bounds) - 1, np.int32),
    }


def _tensor(value: onnx.ValueInfoProto) -> Tensor:
    kind = value.type.tensor_type
    sizes = tuple(dim.dim_value if dim.HasField("dim_value") else ANY for dim in kind.shape.dim)
    return Tensor(value.name, kind.elem_type, sizes)


def _listed(tensors: Sequence[Tensor]) -> str:
    return "; ".join(map(str, tensors[:4])) or "none"
