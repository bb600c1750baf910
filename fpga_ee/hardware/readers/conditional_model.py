"""Conditional models from other tools: float networks in which each exit is an ``If``.

Older exporters and published early-exit work write Softmax -> ReduceMax -> Greater(threshold) -> (Cast) ->
If. Its then branch returns the logits. Its else branch holds the rest of the network, and reads the feature
map from the graph around it.
"""

from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import onnx

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.artifacts.onnx_files import named, read_foreign
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criteria.top1 import exponentials
from fpga_ee.errors import FpgaEeError, NamedError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Decision, HardwareGraph, Stage, Table
from fpga_ee.hardware.network.layer_graph import chain_of
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.readers.chain import FormatsOf, read_chain
from fpga_ee.hardware.readers.view import View, attributes, chain

_LOGIT_FRAC = 4
_CONDITION = ("Cast", "Identity", "Squeeze", "Reshape", "Unsqueeze", "Flatten")


def float_formats(width: int) -> LayerFormats:
    """Choose formats for a float layer on hardware of a width: half of the bits are a fraction."""
    word = FixedPoint(width, signed=True, frac=width // 2)
    return LayerFormats(input=word, weight=word, bias=word, output=word)


def probability_table(logits: FixedPoint) -> Table:
    """Describe the integer rule's table: an entry for each distance whose exponential is not rounded to 0."""
    return Table.of(exponentials(decided_format(logits)))


def decided_format(logits: FixedPoint) -> FixedPoint:
    """Choose the format in which the integer rule would decide on float logits."""
    return replace(logits, frac=min(logits.frac, _LOGIT_FRAC))


def read_conditional(path: Path, width: int) -> HardwareGraph:
    """Read a conditional model, or a plain chain without exits, as hardware of a given width.

    Args:
        path: An ONNX file with one image as input, of any opset.
        width: Bits of every word; the float model does not tell them.

    Raises:
        FpgaEeError: The file is not valid, its ``If`` is not an exit as described above, or hardware lacks an
            operator.
    """
    model = read_foreign(path)
    weights = {initializer.name for initializer in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in weights]
    view = View(model.graph)
    if len(inputs) != 1:
        raise FpgaEeError(f"{path} has {len(inputs)} inputs: only networks of one image can be read")
    if len(model.graph.output) != 1:
        raise FpgaEeError(
            f"{path} has {len(model.graph.output)} outputs: only one can be read, which an If chooses where "
            "the network has exits"
        )
    shape = view.shape(inputs[0].name) or ()
    if len(shape) != 3 or min(shape) < 1:
        raise FpgaEeError(f"{path}: its input must be batch x channels x height x width with known sizes")
    formats = float_formats(width)
    try:
        stages = _stages(view, inputs[0].name, FeatureMap(*shape, formats.input), lambda _: formats)
        return HardwareGraph(path.stem, tuple(stages))
    except FpgaEeError as error:
        raise FpgaEeError(f"{path}: {error}") from error


def _stages(
    view: View, start: str, entering: FeatureMap, formats_of: FormatsOf, index: int = 0
) -> list[Stage]:
    end = view.graph.output[0].name
    switch = _switch(view, end)
    if switch is None:
        layers, _ = read_chain(view, chain(view, start, end), entering, formats_of)
        return [_last_stage(layers)]
    branch = View(attributes(switch)["else_branch"], view)
    captured = _captured(branch)
    # The feature map is the last tensor that both the exit and the rest of the network come from.
    to_exit, to_rest = chain(view, start, _logits(view, switch)), chain(view, start, captured)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(to_exit, to_rest, strict=False)))
    if not shared:
        raise NamedError(named(switch), ": the exit and the rest of the network share no layer")
    backbone, feature_map = read_chain(view, to_exit[:shared], entering, formats_of)
    exit_, leaving = read_chain(view, to_exit[shared:], feature_map, formats_of)
    ahead, reading = read_chain(view, to_rest[shared:], feature_map, formats_of)
    rest = _stages(branch, captured, reading, formats_of, index + 1)
    behind = chain_of((*ahead, *rest[0].backbone))
    rest[0] = Stage(behind, rest[0].exit, rest[0].decision)
    decision = Decision(f"decision.{index}", leaving, TOP1.name, (probability_table(leaving.format),))
    return [Stage(chain_of(backbone), chain_of(exit_), decision), *rest]


def _switch(view: View, end: str) -> onnx.NodeProto | None:
    """Find the ``If`` that gives a tensor, directly or through identities; None where a layer gives it."""
    node = view.producer(end)
    while node is not None and node.op_type == "Identity":
        node = view.producer(node.input[0])
    return node if node is not None and node.op_type == "If" else None


def _logits(view: View, switch: onnx.NodeProto) -> str:
    """Find the logits that an exit decides on: go back from the condition to the input of the softmax."""
    node = view.producer(switch.input[0])
    while node is not None and node.op_type in _CONDITION:
        node = view.producer(node.input[0])
    if (
        node is not None
        and node.op_type in ("Greater", "GreaterOrEqual")
        and view.constant(node.input[1]) is not None
    ):
        node = view.producer(node.input[0])
        while node is not None and node.op_type in _CONDITION:
            node = view.producer(node.input[0])
        if node is not None and node.op_type == "ReduceMax":
            node = view.producer(node.input[0])
            if node is not None and node.op_type == "Softmax":
                return str(node.input[0])
    raise NamedError(
        named(switch),
        ": its condition is not Softmax -> ReduceMax -> Greater(threshold), the exit rule that can be read",
    )


def _captured(branch: View) -> str:
    """Find the one tensor that a branch reads from the graph around it."""
    made = {name for node in branch.graph.node for name in node.output}
    read = {name for node in branch.graph.node for name in node.input if name}
    for node in branch.graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                read |= {name for inner in attribute.g.node for name in inner.input if name}
                made |= {name for inner in attribute.g.node for name in inner.output}
    outside = sorted(name for name in read - made if branch.constant(name) is None)
    if len(outside) != 1:
        raise FpgaEeError(
            f"the else branch {branch.graph.name} reads {', '.join(outside) or 'nothing'} from outside: the "
            "rest of a network continues from one feature map"
        )
    return str(outside[0])


def _last_stage(layers: tuple[Layer, ...]) -> Stage:
    """Build the last stage: its exit begins with its last linear layer."""
    cut = max((index for index, layer in enumerate(layers) if isinstance(layer, Linear)), default=0)
    if cut == 0:
        raise FpgaEeError("the last stage needs layers before a linear layer that gives the logits")
    return Stage(chain_of(layers[:cut]), chain_of(layers[cut:]), None)
