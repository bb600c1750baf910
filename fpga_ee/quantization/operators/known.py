"""All operators that fixed point knows, and questions about nodes."""

from types import MappingProxyType

import torch
from torch.fx import Node

from fpga_ee.quantization.operators.addition import ADDITION
from fpga_ee.quantization.operators.clamp import CLAMP
from fpga_ee.quantization.operators.convolution import CONVOLUTION
from fpga_ee.quantization.operators.dropout import DROPOUT
from fpga_ee.quantization.operators.hardtanh import HARDTANH
from fpga_ee.quantization.operators.linear import LINEAR
from fpga_ee.quantization.operators.max_pooling import MAX_POOLING
from fpga_ee.quantization.operators.operator import Effect, Operator
from fpga_ee.quantization.operators.relu import RELU
from fpga_ee.quantization.operators.relu6 import RELU6
from fpga_ee.quantization.operators.reshaping import RESHAPING
from fpga_ee.quantization.operators.zero_padding import ZERO_PADDING

OPERATORS = (
    CONVOLUTION,
    LINEAR,
    ADDITION,
    MAX_POOLING,
    RELU,
    RELU6,
    HARDTANH,
    CLAMP,
    RESHAPING,
    DROPOUT,
    ZERO_PADDING,
)

LOWERED = ("average pooling", "adaptive max pooling", "batch normalisation")
"""Operators that ``averages.py``, ``maxima.py`` and ``batch_normalisation.py`` turn into others first."""

KNOWN = ", ".join((*(operator.words for operator in OPERATORS), *LOWERED))
"""All operators in words, for messages."""

_BY_TARGET = MappingProxyType({target: operator for operator in OPERATORS for target in operator.targets})


def operator_of(node: Node) -> Operator | None:
    """Find the operator of a node; None for an operator that fixed point does not know."""
    return _BY_TARGET.get(node.target) if node.op == "call_function" else None  # type: ignore[call-overload]


def has_effect(node: Node, *effects: Effect) -> bool:
    """True where a node's operator is known and has one of the effects."""
    operator = operator_of(node)
    return operator is not None and operator.effect in effects


def passes_formats_on(node: Node) -> bool:
    """True where values keep their format through a node's operator: it chooses, moves or pads them."""
    return has_effect(node, Effect.CHOOSING, Effect.MOVING, Effect.PADDING)


def is_size(node: Node) -> bool:
    """True for a node that gives the batch size, or a number computed from it, and no tensor."""
    return isinstance(node.meta.get("val"), torch.SymInt)
