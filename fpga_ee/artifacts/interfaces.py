"""Checks that ONNX files have the inputs, outputs and decision constants that a manifest states."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto

from fpga_ee.artifacts.onnx_files import values_of
from fpga_ee.artifacts.rules.constants import Constants

FLOAT, INTEGER, BOOLEAN = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL

ANY = None
"""A dimension of any size: the number of images."""


@dataclass(frozen=True)
class Tensor:
    """An input or output of a file: its name, ONNX type and shape."""

    name: str
    type: int
    shape: tuple[int | None, ...]

    def __str__(self) -> str:
        """Write the tensor for messages: ``image float [images, 1, 28, 28]``."""
        sizes = ", ".join("images" if size is ANY else str(size) for size in self.shape)
        return f"{self.name:.60} {TensorProto.DataType.Name(self.type).lower()} [{sizes}]"


@dataclass(frozen=True)
class Interface:
    """The inputs and outputs of a file, in order."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def check_interface(model: onnx.ModelProto, expected: Interface) -> None:
    """Check the inputs and outputs of a file.

    Raises:
        ValueError: The file has others.
    """
    for kind, found, wanted in (
        ("inputs", model.graph.input, expected.inputs),
        ("outputs", model.graph.output, expected.outputs),
    ):
        tensors = tuple(map(_tensor, found))
        if tensors != wanted:
            raise ValueError(f"its {kind} are {_listed(tensors)}, not {_listed(wanted)}")


def check_constants(model: onnx.ModelProto, prefix: str, expected: Constants, rule: str) -> None:
    """Check that a decision file holds the constants of a rule.

    Args:
        model: The file.
        prefix: The start of the constants' names.
        expected: The constants, by the rest of their names.
        rule: The rule, for messages.

    Raises:
        ValueError: A constant is missing or has another value.
    """
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    for name, values in expected.items():
        tensor = found.get(f"{prefix}.{name}")
        value = None if tensor is None else values_of(tensor)
        if value is None or value.dtype != values.dtype or not np.array_equal(value, values):
            raise ValueError(f"{prefix}.{name} is not the constant of {rule}")


def _tensor(value: onnx.ValueInfoProto) -> Tensor:
    kind = value.type.tensor_type
    sizes = tuple(dim.dim_value if dim.HasField("dim_value") else ANY for dim in kind.shape.dim)
    return Tensor(value.name, kind.elem_type, sizes)


def _listed(tensors: Sequence[Tensor]) -> str:
    return "; ".join(map(str, tensors[:4])) or "none"
