"""Gives the tensors of an exported graph readable names.

The exporter numbers tensors (``val_13``, ``quantize_per_tensor_2``). Here

1. an initializer that is a parameter keeps its parameter's name: ``backbone.1.0.layer.0.weight``;
2. where its filters have scales of their own, these are ``backbone.1.0.layer.0.weight_scale``, and their zero
   points ``backbone.1.0.layer.0.weight_zero_point``;
3. any other initializer is a constant and is named after its value: ``float32.0.0625``, ``int64.-1_720``;
4. a tensor that is computed with parameter ``x.weight`` has the layer's name: ``x``;
5. any other tensor is named after its first input and its operator: ``x.max_pool.relu``;
6. inputs and outputs keep their names. Quantizing and dequantizing replace each other's ending:
   ``x.relu.quantized``, ``x.relu.dequantized``.
"""

import re
from collections.abc import Collection

import onnx_ir as ir

from fpga_ee.artifacts.names import BATCH, owner_of

_QUANTIZED, _DEQUANTIZED = ".quantized", ".dequantized"
_SUFFIXES = {"QuantizeLinear": _QUANTIZED, "DequantizeLinear": _DEQUANTIZED}


def name_tensors(graph: ir.Graph, parameters: Collection[str]) -> None:
    """Rename the tensors of ``graph`` in place, by the rules above, and its free dimension to ``batch``.

    Args:
        graph: A graph from the exporter; its inputs and outputs have their names already.
        parameters: Names of the network's parameters.
    """
    for node in graph:
        _name_scales(node, parameters)
    for value in list(graph.initializers.values()):
        if value.name not in parameters:
            _rename_initializer(graph, value, _constant_name(value))
    taken = {value.name for value in (*graph.inputs, *graph.outputs, *graph.initializers.values())}
    for node in graph:
        for output in node.outputs:
            _free_dimension(output)
            if output not in graph.outputs:
                output.name = _unique(_tensor_name(node), taken)
            taken.add(output.name)
        node.name = f"{node.outputs[0].name}/{node.op_type}"
    for value in graph.inputs:
        _free_dimension(value)


def _name_scales(node: ir.Node, parameters: Collection[str]) -> None:
    """Name scales and zero points of a parameter whose filters have their own, as PyTorch names them."""
    if node.op_type == "DequantizeLinear" and (source := node.inputs[0]) and source.name in parameters:
        for value, end in zip(node.inputs[1:], ("scale", "zero_point"), strict=False):
            if value is not None and value.const_value is not None and value.const_value.shape.rank():
                value.name = f"{source.name}_{end}"


def _constant_name(value: ir.Value) -> str:
    tensor = value.const_value
    if tensor is None or tensor.size > 8:
        return str(value.name)
    array = tensor.numpy()
    elements = "_".join(str(element) for element in array.ravel())
    return f"{array.dtype}.{elements}" + (".vector" if array.ndim else "")


def _rename_initializer(graph: ir.Graph, value: ir.Value, name: str) -> None:
    """Rename a constant; where a constant with its value exists already, use that one instead."""
    twin = graph.initializers.get(name)
    if twin is value:
        return
    if twin is None:
        value.name = name
    else:
        ir.convenience.replace_all_uses_with(value, twin)
        del graph.initializers[str(value.name)]


def _tensor_name(node: ir.Node) -> str:
    for value in node.inputs[1:]:
        if value is not None and (owner := _owner(value.name)):
            return owner
    first = next((value.name for value in node.inputs if value is not None), "") or ""
    if node.op_type in _SUFFIXES:
        return first.removesuffix(_QUANTIZED) + _SUFFIXES[node.op_type]
    operator = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", node.op_type).lower()
    return f"{first.removesuffix(_DEQUANTIZED)}.{operator}"


def _owner(name: str | None) -> str | None:
    """Give the layer that a weight belongs to, dequantized or not."""
    return owner_of((name or "").removesuffix(_DEQUANTIZED))


def _unique(name: str, taken: Collection[str | None]) -> str:
    candidate, count = name, 1
    while candidate in taken:
        candidate, count = f"{name}_{count}", count + 1
    return candidate


def _free_dimension(value: ir.Value) -> None:
    if value.shape is not None:
        value.shape = ir.Shape([dim if isinstance(dim, int) else BATCH for dim in value.shape])
