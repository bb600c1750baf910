"""A pooling that rounds its windows up gives the numbers of PyTorch, and rounds down in ONNX."""

import onnx
import onnx_ir as ir
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from fpga_ee.artifacts.running import Level, load
from fpga_ee.export.ceil_mode import replace_ceil_mode


def run(images: torch.Tensor, shape: list[int], attributes: dict[str, list[int]]) -> torch.Tensor:
    """A max pooling of ONNX with these attributes and no others, with padding in place of its ceil_mode."""
    node = helper.make_node("MaxPool", ["x"], ["y"], ceil_mode=1, **attributes)
    source = helper.make_tensor_value_info("x", TensorProto.FLOAT, list(images.shape))
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)
    graph = helper.make_graph([node], "pooling", [source], [result])
    model = ir.from_proto(
        helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 21)])
    )
    replace_ceil_mode(model.graph)
    written = ir.to_proto(model)
    assert {each.name: each.i for each in written.graph.node[0].attribute}["ceil_mode"] == 0
    # Its own inference finds the shape that the file states.
    onnx.checker.check_model(written, full_check=True)
    found = load(written.SerializeToString(), Level.DISABLE_ALL).run(None, {"x": images.numpy()})
    return torch.from_numpy(found[0])


@pytest.mark.parametrize("size", [(5, 6), (7, 8), (6, 9), (8, 5)])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [
        ((2, 2), (3, 3), (0, 0), (1, 1)),
        ((2, 3), (3, 2), (1, 1), (1, 1)),
        ((2, 2), (4, 3), (1, 0), (1, 2)),
        ((3, 2), (2, 5), (1, 1), (2, 1)),
        ((1, 1), (2, 2), (0, 0), (1, 1)),
        ((2, 2), (1, 1), (1, 1), (1, 1)),
        ((2, 2), (2, 2), (0, 0), (1, 1)),
        ((3, 3), (2, 2), (1, 1), (1, 1)),
    ],
)
def test_it_has_the_windows_of_pytorch(
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int],
) -> None:
    images = torch.randn(1, 2, *size, generator=torch.Generator().manual_seed(1))
    expected = nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=True)(images)
    attributes = {"kernel_shape": [*kernel]}
    # What is ONNX's default need not stand there.
    if stride != (1, 1):
        attributes["strides"] = [*stride]
    if dilation != (1, 1):
        attributes["dilations"] = [*dilation]
    if padding != (0, 0):
        attributes["pads"] = [*padding, *padding]
    assert torch.equal(run(images, [*expected.shape], attributes), expected)
