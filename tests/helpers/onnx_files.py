"""ONNX files that tests make by hand: chains, and conditional models as older exporters write them."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 12


class Builder:
    """Nodes and weights of one graph, in order."""

    def __init__(self, tensor: str) -> None:
        self.tensor = tensor
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, name: str, *shape: int) -> str:
        values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def constant(self, name: str, values: Any, dtype: Any) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def node(self, operator: str, *parameters: str, name: str, **attributes: Any) -> "Builder":
        self.nodes.append(
            helper.make_node(operator, [self.tensor, *parameters], [f"{name}_out"], name=name, **attributes)
        )
        self.tensor = f"{name}_out"
        return self

    def conv(self, name: str, channels: tuple[int, int], kernel: int, pad: int, **more: Any) -> "Builder":
        groups = more.get("group", 1)
        weight = self.weight(f"{name}.weight", channels[1], channels[0] // groups, kernel, kernel)
        bias = self.weight(f"{name}.bias", channels[1])
        given = {"kernel_shape": [kernel, kernel], "pads": [pad] * 4, "strides": [1, 1]} | more
        return self.node("Conv", weight, bias, name=name, **given)

    def pool_relu(self, name: str) -> "Builder":
        self.node("MaxPool", name=f"{name}.pool", kernel_shape=[2, 2], strides=[2, 2])
        return self.node("Relu", name=f"{name}.relu")

    def linear(self, name: str, entries: tuple[int, int]) -> "Builder":
        weight, bias = (
            self.weight(f"{name}.weight", entries[1], entries[0]),
            self.weight(f"{name}.bias", entries[1]),
        )
        return self.node("Flatten", name=f"{name}.flatten").node("Gemm", weight, bias, name=name, transB=1)


def image() -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 28, 28])


def logits(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 10])


def saved(path: Path, graph: onnx.GraphProto, opset: int = OPSET) -> Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def chain_model(path: Path, builder: Builder, opset: int = OPSET) -> Path:
    """A model of one chain from ``image``."""
    flat = any(node.op_type == "Flatten" for node in builder.nodes)
    sizes = ["batch", "classes"] if flat else ["batch", "channels", "rows", "cols"]
    output = helper.make_tensor_value_info(builder.tensor, TensorProto.FLOAT, sizes)
    graph = helper.make_graph(builder.nodes, "chain", [image()], [output], builder.weights)
    return saved(path, graph, opset)


def conditional_model(path: Path) -> Path:
    """B_Lenet_se as a float model whose exit is an ``If``."""
    main = Builder("image").conv("backbone.0", (1, 5), 5, 4).pool_relu("backbone.0")
    feature_map = main.tensor
    main.conv("exit.conv", (5, 10), 3, 1).pool_relu("exit").linear("exit.fc", (640, 10))
    early = main.tensor
    rest = Builder(feature_map).conv("backbone.1", (5, 10), 5, 4).pool_relu("backbone.1")
    rest.conv("backbone.2", (10, 20), 5, 3).pool_relu("backbone.2").linear("fc", (720, 10))
    then = helper.make_node("Identity", [early], ["then_out"])
    main.node("Softmax", name="softmax", axis=1).node("ReduceMax", name="largest", keepdims=0)
    main.node("Greater", main.constant("threshold", 0.9, np.float32), name="greater")
    main.node("Cast", name="cast", to=TensorProto.BOOL)
    main.node(
        "If",
        name="if",
        then_branch=helper.make_graph([then], "then", [], [logits("then_out")]),
        else_branch=helper.make_graph(rest.nodes, "else", [], [logits(rest.tensor)], rest.weights),
    )
    graph = helper.make_graph(main.nodes, "network", [image()], [logits(main.tensor)], main.weights)
    return saved(path, graph)
