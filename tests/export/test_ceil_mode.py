"""A pooling that rounds its windows up gives the numbers of PyTorch, and rounds down in ONNX."""

import onnx
import onnx_ir as ir
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from fpga_ee.artifacts.running import Level, load
from fpga_ee.errors import FpgaEeError
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


@pytest.mark.parametrize(
    ("size", "stride", "refused"),
    [(4, 3, True), (5, 3, True), (6, 4, True), (3, 2, True), (4, 2, False), (6, 3, False)],
)
def test_an_average_without_a_window_that_onnx_has_is_refused(size: int, stride: int, refused: bool) -> None:
    """PyTorch drops a last window that begins in the padding; a word of it is all around."""
    pooling = nn.AvgPool2d(2, stride, padding=1, ceil_mode=True)
    result = pooling(torch.zeros(1, 1, size, size))
    onnx_windows = -(-size // stride) + 1
    assert (result.shape[2] < onnx_windows) == refused
    x = ir.Value(name="x", shape=ir.Shape([1, 1, size, size]))
    node = ir.Node(
        "",
        "AveragePool",
        [x],
        [
            ir.AttrInt64("ceil_mode", 1),
            ir.AttrInt64s("kernel_shape", [2, 2]),
            ir.AttrInt64s("strides", [stride, stride]),
            ir.AttrInt64s("pads", [1, 1, 1, 1]),
        ],
        outputs=[ir.Value(name="y", shape=ir.Shape([*result.shape]))],
    )
    graph = ir.Graph([x], node.outputs, nodes=[node])
    if not refused:
        replace_ceil_mode(graph)
        return
    with pytest.raises(FpgaEeError, match="average pooling behind x has a last window outside its input"):
        replace_ceil_mode(graph)
