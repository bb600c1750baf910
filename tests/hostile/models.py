"""Breaks ONNX models as a person or another program could."""

import math
from collections.abc import Callable
from random import Random
from typing import Any

import onnx
from onnx import TensorProto, helper

from hostile.names import HOSTILE_NAMES

Change = Callable[[onnx.ModelProto, Random], str]

_NUMBERS = (0, -1, 1, 2, 3, 7, 2**31 - 1, 10**9, 2**62, -(2**62))


def graphs(graph: onnx.GraphProto) -> list[onnx.GraphProto]:
    inner = [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]
    return [graph, *(one for each in inner for one in graphs(each))]


def _graph(model: onnx.ModelProto, random: Random) -> onnx.GraphProto:
    return random.choice(graphs(model.graph))


def _tensor(model: onnx.ModelProto, random: Random) -> Any:
    tensors = [tensor for graph in graphs(model.graph) for tensor in graph.initializer]
    return random.choice(tensors) if tensors else model.graph.initializer.add()


def _node(model: onnx.ModelProto, random: Random) -> Any:
    return random.choice([node for graph in graphs(model.graph) for node in graph.node] or [onnx.NodeProto()])


def unknown_type(model: onnx.ModelProto, random: Random) -> str:
    _tensor(model, random).data_type = random.choice((99, 0, 1000, -1))
    return "a tensor of an unknown type"


def without_nodes(model: onnx.ModelProto, _: Random) -> str:
    del model.graph.node[:]
    return "no nodes"


def external(model: onnx.ModelProto, random: Random) -> str:
    tensor = _tensor(model, random)
    tensor.ClearField("raw_data")
    tensor.ClearField("external_data")
    tensor.data_location = TensorProto.EXTERNAL
    location = random.choice(("weights.safetensors", "/etc/passwd", "../weights.pth", "nowhere"))
    tensor.external_data.add(key="location", value=location)
    return f"a tensor in {location}"


def another_type(model: onnx.ModelProto, random: Random) -> str:
    tensor = _tensor(model, random)
    names = ("FLOAT", "INT8", "STRING", "BOOL", "INT64", "DOUBLE", "INT4")
    tensor.data_type = TensorProto.DataType.Value(random.choice(names))
    return f"{tensor.name} of type {tensor.data_type}"


def another_size(model: onnx.ModelProto, random: Random) -> str:
    tensor = _tensor(model, random)
    if tensor.dims and random.random() < 0.8:
        tensor.dims[random.randrange(len(tensor.dims))] = random.choice(_NUMBERS)
    else:
        tensor.dims.append(random.choice(_NUMBERS))
    return f"{tensor.name} of size {list(tensor.dims)}"


def cut(model: onnx.ModelProto, random: Random) -> str:
    tensor = _tensor(model, random)
    tensor.raw_data = tensor.raw_data[: random.randrange(len(tensor.raw_data) + 1)]
    return f"{tensor.name} cut to {len(tensor.raw_data)} bytes"


def noise(model: onnx.ModelProto, random: Random) -> str:
    tensor = _tensor(model, random)
    tensor.raw_data = random.randbytes(len(tensor.raw_data))
    return f"{tensor.name} is noise"


def another_operator(model: onnx.ModelProto, random: Random) -> str:
    node = _node(model, random)
    node.op_type = random.choice(("Relu", "Conv", "If", "Loop", "Gather", "Nothing", "", "Gemm", "MaxPool"))
    return f"{node.name} is a {node.op_type}"


def another_attribute(model: onnx.ModelProto, random: Random) -> str:
    node = _node(model, random)
    if not node.attribute:
        node.attribute.append(helper.make_attribute("axis", random.choice(_NUMBERS)))
        return f"{node.name} has an axis"
    attribute = random.choice(list(node.attribute))
    if attribute.ints:
        attribute.ints[random.randrange(len(attribute.ints))] = random.choice(_NUMBERS)
    elif attribute.HasField("g"):
        del attribute.g.node[:]
    else:
        attribute.i = random.choice(_NUMBERS)
        attribute.type = onnx.AttributeProto.INT
    return f"{attribute.name} of {node.name} changed"


def grouped(model: onnx.ModelProto, random: Random) -> str:
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    number = random.choice(_NUMBERS)
    for node in convolutions:
        node.attribute.append(helper.make_attribute("group", number))
    return f"{number} groups"


def averaged(model: onnx.ModelProto, random: Random) -> str:
    """Average pooling, with attributes of which few go together."""
    nodes = [node for graph in graphs(model.graph) for node in graph.node if node.op_type.endswith("Pool")]
    for node in nodes[:1]:
        node.op_type = random.choice(("AveragePool", "GlobalAveragePool", "LpPool"))
        name = random.choice(
            ("count_include_pad", "ceil_mode", "dilations", "pads", "strides", "kernel_shape")
        )
        kept = [attribute for attribute in node.attribute if attribute.name != name]
        del node.attribute[:]
        number = random.choice(_NUMBERS)
        value = number if name in {"count_include_pad", "ceil_mode"} else [number] * random.choice((1, 2, 4))
        node.attribute.extend([*kept, helper.make_attribute(name, value)])
        return f"{node.op_type} with {name} {value}"
    return "no pooling"


def clipped(model: onnx.ModelProto, random: Random) -> str:
    """A clip behind a node, with limits of which few are limits."""
    limits = [random.choice((0.0, 6.0, -6.0, 1e38, math.nan, math.inf, -math.inf)) for _ in range(2)]
    for index, limit in enumerate(limits):
        model.graph.initializer.append(helper.make_tensor(f"limit {index}", TensorProto.FLOAT, [], [limit]))
    names = [random.choice((f"limit {index}", f"limit {index}", "")) for index in range(2)]
    return f"{_insert(model, random, 'Clip', names)} by {limits}"


def added(model: onnx.ModelProto, random: Random) -> str:
    """A sum with another tensor, which may be of another shape, or stand behind the sum."""
    tensors = [name for node in model.graph.node for name in node.output]
    other = random.choice([*tensors, *(entry.name for entry in model.graph.input)] or [""])
    return _insert(model, random, random.choice(("Add", "Add", "Sum", "Sub", "Mul")), [other])


def _insert(model: onnx.ModelProto, random: Random, operator: str, further: list[str]) -> str:
    """Insert a node behind another one."""
    nodes = [index for index, node in enumerate(model.graph.node) if node.output]
    if not nodes:
        return f"no place for a {operator}"
    index = random.choice(nodes)
    node = model.graph.node[index]
    behind, node.output[0] = node.output[0], f"{node.output[0]} before"
    model.graph.node.insert(index + 1, helper.make_node(operator, [node.output[0], *further], [behind]))
    return f"a {operator} behind {node.name}"


def renamed(model: onnx.ModelProto, random: Random) -> str:
    """Everywhere, so that the graph stays whole."""
    graph, new = model.graph, random.choice(HOSTILE_NAMES)
    old = random.choice([node.output[0] for node in graph.node if node.output] or [""])
    for each in graphs(graph):
        for node in each.node:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    if name == old:
                        names[index] = new
    return f"tensor {old!r} is called {new!r:.30}"


def renamed_weight(model: onnx.ModelProto, random: Random) -> str:
    tensor, new = _tensor(model, random), random.choice(HOSTILE_NAMES)
    old, tensor.name = tensor.name, new
    for graph in graphs(model.graph):
        for node in graph.node:
            for index, name in enumerate(node.input):
                if name == old:
                    node.input[index] = new
    return f"weight {old!r} is called {new!r:.30}"


def renamed_node(model: onnx.ModelProto, random: Random) -> str:
    node = _node(model, random)
    node.name = random.choice(HOSTILE_NAMES)
    return f"a node is called {node.name!r:.30}"


def miswired(model: onnx.ModelProto, random: Random) -> str:
    node, other = _node(model, random), _node(model, random)
    if node.input and other.output:
        node.input[random.randrange(len(node.input))] = random.choice((other.output[0], "nowhere", ""))
    return f"{node.name} reads something else"


def repeated(model: onnx.ModelProto, random: Random) -> str:
    graph = _graph(model, random)
    if graph.node:
        graph.node.append(random.choice(list(graph.node)))
    return "a node stands there twice"


def missing(model: onnx.ModelProto, random: Random) -> str:
    graph = _graph(model, random)
    if graph.node:
        del graph.node[random.randrange(len(graph.node))]
    return "a node is missing"


def long(model: onnx.ModelProto, _: Random) -> str:
    graph = model.graph
    last = graph.output[0].name
    before = f"{last}.0"
    for node in graph.node:
        for index, name in enumerate(node.output):
            if name == last:
                node.output[index] = before
    for index in range(3000):
        after = last if index == 2999 else f"{last}.{index + 1}"
        graph.node.append(helper.make_node("Identity", [before], [after], name=f"identity {index}"))
        before = after
    return "3,000 nodes that do nothing"


def deep(model: onnx.ModelProto, _: Random) -> str:
    """Graphs in graphs."""
    inner = helper.make_graph([], "inner", [], [])
    for _level in range(40):
        node = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
        wrapped = helper.make_graph([node], "inner", [], [])
        if wrapped.ByteSize() > 200_000:
            break
        inner = wrapped
    model.graph.node.extend(inner.node)
    return "graphs in graphs"


def another_version(model: onnx.ModelProto, random: Random) -> str:
    model.opset_import[0].version = random.choice((0, 1, 7, 13, 99, -1, 2**62))
    return f"opset {model.opset_import[0].version}"


def without_ends(model: onnx.ModelProto, random: Random) -> str:
    ends = random.choice((model.graph.input, model.graph.output, model.opset_import))
    del ends[:]
    return "no inputs, outputs or opset"


def another_shape(model: onnx.ModelProto, random: Random) -> str:
    end = random.choice([*model.graph.input, *model.graph.output])
    shape = end.type.tensor_type.shape
    match random.choice(("none", "number", "name", "more")):
        case "none":
            end.type.tensor_type.ClearField("shape")
        case "number" if shape.dim:
            random.choice(list(shape.dim)).dim_value = random.choice(_NUMBERS)
        case "name" if shape.dim:
            random.choice(list(shape.dim)).dim_param = random.choice(HOSTILE_NAMES)
        case _:
            shape.dim.add().dim_value = random.choice(_NUMBERS)
    return f"{end.name} of another shape"


INVALID: tuple[Change, ...] = (unknown_type, without_nodes, external)
"""Changes after which no model can be used."""

ODD: tuple[Change, ...] = (
    another_type, another_size, cut, noise, another_operator, another_attribute, grouped, averaged,
    clipped, added, renamed,
    renamed_weight, renamed_node, miswired, repeated, missing, long, deep, another_version,
    without_ends, another_shape,
)  # fmt: skip
