"""Replaces ``ceil_mode`` of poolings by padding at the end.

Both PyTorch and ONNX round up: they add a last, incomplete window. PyTorch drops it where it would start
after the input and its first padding. ONNX at opset 21 keeps it. So every max pooling changes as follows:

1. ``ceil_mode`` is removed; 2. in a direction whose last window is incomplete and stays, the padding at the
end grows until it is complete.

Padding has no value in a max pooling, so neither changes an output. An average would count it. So an average
pooling is refused where PyTorch would drop such a window. Otherwise it stays as it is.
"""

import onnx_ir as ir

from fpga_ee.errors import FpgaEeError


def replace_ceil_mode(graph: ir.Graph) -> None:
    """Give every max pooling of ``graph`` padding for PyTorch's windows, in place.

    Raises:
        FpgaEeError: An average pooling has a window that PyTorch drops.
    """
    for node in graph:
        if node.op_type in ("MaxPool", "AveragePool") and node.attributes.get_int("ceil_mode"):
            _replace(node)


def _replace(node: ir.Node) -> None:
    source, result = node.inputs[0], node.outputs[0]
    assert source is not None and source.shape is not None and result.shape is not None  # noqa: S101, PT018
    sizes, windows = _sizes(source.shape), _sizes(result.shape)
    kernel = node.attributes.get_ints("kernel_shape")
    ones = [1] * len(sizes)
    strides = node.attributes.get_ints("strides", ones)
    dilations = node.attributes.get_ints("dilations", ones)
    pads = list(node.attributes.get_ints("pads", [0] * 2 * len(sizes)))
    late = False
    for axis, (size, count, stride) in enumerate(zip(sizes, windows, strides, strict=True)):
        reach = (kernel[axis] - 1) * dilations[axis] + 1
        end = axis + len(sizes)
        late |= count < -(-(size + pads[axis] + pads[end] - reach) // stride) + 1
        pads[end] = max(pads[end], (count - 1) * stride + reach - size - pads[axis])
    if node.op_type == "MaxPool":
        node.attributes["ceil_mode"] = ir.AttrInt64("ceil_mode", 0)
        node.attributes["pads"] = ir.AttrInt64s("pads", pads)
    elif late:
        raise FpgaEeError(
            f"the average pooling behind {source.name} has a last window outside its input, which PyTorch "
            "drops and ONNX keeps; take ceil_mode away"
        )


def _sizes(shape: ir.Shape) -> list[int]:
    """List rows and columns; only the batch may be free."""
    return [int(size) for size in shape[2:]]  # type: ignore[arg-type]
