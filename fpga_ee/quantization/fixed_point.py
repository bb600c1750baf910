"""Makes a fixed-point network of a float network.

Quantizing has two halves with a plain record between them: ``choose_formats`` looks at images and finds the
formats; ``fixed_point_network`` applies formats and weights, and always gives the same network for them. So a
quantized network can be made again from files, bit for bit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.fx import GraphModule, Node
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from torchao.quantization.pt2e.quantizer import EdgeOrNode

from fpga_ee.artifacts.formats import (
    BIAS,
    IMAGE,
    AdditionFormats,
    FixedPoint,
    LayerFormats,
    NetworkFormats,
    Widths,
)
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.annotation import PlaceQuantizer, Specification, fixed, fixed_by_filter, observed
from fpga_ee.quantization.graph_editing import forget, keep, tensor_of
from fpga_ee.quantization.observer import PowerOfTwoObserver
from fpga_ee.quantization.operators.known import has_effect
from fpga_ee.quantization.operators.operator import Effect
from fpga_ee.quantization.traced_operations import TracedAddition, TracedLayer
from fpga_ee.quantization.tracing import (
    TracedPart,
    Written,
    assemble,
    copies,
    lowered,
)

BATCH = 500
"""Number of images that are observed at a time; it limits the memory, and does not change the result."""

_QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default
_ANY_FRAC = 24
_CONSTANT_BITS = 7
"""Bits of the weights of normalisations that are layers; fewer bits would save little."""


def choose_formats(
    network: EarlyExitNetwork, graphs: Iterable[Written], images: Tensor, widths: Widths
) -> NetworkFormats:
    """Find the format of every tensor from its values for some images.

    Args:
        network: Float network.
        graphs: Its parts, as :func:`~fpga_ee.quantization.tracing.written` gives them; they are not changed.
        images: float32 [N, *input_shape]; a few hundred are enough.
        widths: The widths of the formats.

    Raises:
        FpgaEeError: Fixed point does not know an operator of the network.
    """
    parts = lowered(copies(graphs))
    observers: dict[EdgeOrNode, PowerOfTwoObserver] = {}
    observed_graphs = []
    for part in parts:
        quantizer = PlaceQuantizer(dict(_to_observe(part, widths)))
        observed_graphs.append(prepare_pt2e(part.graph, quantizer))
        observers.update(quantizer.placed)  # type: ignore[arg-type]
    observed_network = assemble(network, observed_graphs)
    with torch.inference_mode():
        for batch in torch.split(images, BATCH):
            observed_network(batch)
    return _formats(parts, {place: observer.chosen() for place, observer in observers.items()})


def fixed_point_network(
    network: EarlyExitNetwork, graphs: Iterable[Written], formats: NetworkFormats
) -> EarlyExitNetwork:
    """Make the network whose tensors are all on the grids of ``formats``.

    Its values are float32, but each is an integer times a power of two. With the certificate of
    ``certificate.py``, every sum is exact.

    Args:
        network: Float network with the weights to round.
        graphs: Its parts, as for :func:`choose_formats`.
        formats: Formats of all of its layers.

    Raises:
        FpgaEeError: Fixed point does not know an operator of the network, or the formats belong to another
            network or contradict one another.
    """
    parts = lowered(copies(graphs))
    _check_consistent(parts, formats)
    fixed_graphs = []
    for part, source in zip(parts, part_inputs(formats), strict=True):
        prepared = prepare_pt2e(part.graph, PlaceQuantizer(dict(places(part, source, formats))))
        converted = convert_pt2e(prepared)
        _saturate_narrow_formats(converted)
        _restore_parameter_names(converted, part)
        fixed_graphs.append(converted)
    return assemble(network, fixed_graphs)


def places(
    part: TracedPart, source: FixedPoint, formats: NetworkFormats
) -> Iterator[tuple[EdgeOrNode, Specification]]:
    """List the specification of every place of a part.

    Args:
        part: The part.
        source: Format of its input.
        formats: Formats of the network.
    """
    if part.name == "backbone.0":
        yield part.input, fixed(source)
    at: dict[Node, FixedPoint] = {part.input: source}
    for layer in part.layers:
        around = formats.layers[layer.name]
        yield (layer.weight, layer.node), fixed_by_filter(around.weight, around.coarser)
        if layer.bias is not None:
            yield (layer.bias, layer.node), fixed_by_filter(around.bias, around.coarser)
    for operation in part.operations:
        at[operation.result] = _output(operation, formats)
        yield operation.result, fixed(at[operation.result])
    for node, origin in part.passes:
        # The values do not need this format. But ONNX Runtime 1.32 moves a DequantizeLinear behind the
        # pooling or
        # reshape that reads it. Where it is signed and no QuantizeLinear follows, the runtime then fails on
        # its own
        # change ("output_dtype INT8 does not match ..."). Where the result is a feature map, which branches
        # of an If
        # also read, the runtime ends the whole process. With a pair behind the operator there is nothing to
        # move.
        # The values are inside their range, so the pair can have the whole range of the integer type, without
        # a
        # clamp.
        if at[origin].signed or node is part.output:
            yield node, fixed(at[origin].carried)


def part_inputs(formats: NetworkFormats) -> Iterator[FixedPoint]:
    """List the formats of the inputs of backbone 0, exit 0, backbone 1, ..."""
    before = IMAGE
    for feature_map in formats.feature_maps:
        yield from (before, feature_map)
        before = feature_map


def _output(operation: TracedLayer | TracedAddition, formats: NetworkFormats) -> FixedPoint:
    kind: Mapping[str, LayerFormats | AdditionFormats] = (
        formats.layers if isinstance(operation, TracedLayer) else formats.additions
    )
    return kind[operation.name].output


def _to_observe(part: TracedPart, widths: Widths) -> Iterator[tuple[EdgeOrNode, Specification]]:
    for layer in part.layers:
        if layer.average is None:
            bits = widths.weight_bits if layer.learned else _CONSTANT_BITS
            yield (
                (layer.weight, layer.node),
                observed(bits=bits, signed=True, symmetric=True, max_frac=_ANY_FRAC),
            )
    for operation in part.operations:
        if part.is_exit and operation.result is part.result:
            result = observed(
                bits=widths.logit_bits, signed=True, symmetric=False, max_frac=widths.logit_frac
            )
        else:
            result = observed(
                bits=widths.activation_bits,
                signed=not operation.unsigned,
                symmetric=False,
                max_frac=_ANY_FRAC,
            )
        yield operation.result, result


def _formats(parts: Iterable[TracedPart], chosen: Mapping[EdgeOrNode, FixedPoint]) -> NetworkFormats:
    """Follow the formats from each operation to the next, and from each stage to the next."""
    layers: dict[str, LayerFormats] = {}
    additions: dict[str, AdditionFormats] = {}
    feature_maps = [IMAGE]
    logits: list[FixedPoint] = []
    for part in parts:
        at: dict[Node, FixedPoint] = {part.input: feature_maps[-1]}
        for operation in part.operations:
            output = at[operation.result] = chosen[operation.result]
            match operation:
                case TracedLayer(name=name, average=average):
                    source, place = at[operation.source], (operation.weight, operation.node)
                    if average is None or place in chosen:
                        weight = chosen[place]
                    else:
                        weight = average.weight_format(source)
                    bias = replace(BIAS, frac=source.frac + weight.frac)
                    layers[name] = LayerFormats(source, weight, bias, output)
                case TracedAddition(name=name):
                    inputs = tuple(at[source] for source in operation.sources)
                    additions[name] = AdditionFormats(inputs, output)
        (logits if part.is_exit else feature_maps).append(at[part.result])
    return NetworkFormats(layers, additions, tuple(feature_maps[1:]), tuple(logits))


def _check_consistent(parts: Sequence[TracedPart], formats: NetworkFormats) -> None:
    """Check that the other formats follow from those of weights and results, through the network."""
    operations = [operation for part in parts for operation in part.operations]
    names = {operation.name for operation in operations}
    known = {*formats.layers, *formats.additions}
    if names != known or len(formats.logits) * 2 != len(parts):
        odd = sorted(names ^ known) or ["another number of stages"]
        raise FpgaEeError(f"the formats are not of this network: {odd[0]} is in one of them only")
    chosen: dict[EdgeOrNode, FixedPoint] = {}
    for operation in operations:
        chosen[operation.result] = _output(operation, formats)
        if isinstance(operation, TracedLayer):
            chosen[operation.weight, operation.node] = formats.layers[operation.name].weight
    expected = _formats(parts, chosen)
    filters = {layer.name: len(layer.weight.meta["val"]) for part in parts for layer in part.layers}
    for name, layer in formats.layers.items():
        if layer.coarser and len(layer.coarser) != filters[name]:
            raise FpgaEeError(
                f"{name} has {filters[name]} filters, and formats of weights for {len(layer.coarser)}"
            )
        if replace(layer, coarser=()) != expected.layers[name]:
            raise FpgaEeError(
                f"{name}: its input and bias formats differ from the formats of the layers around it"
            )
    for name in expected.additions:
        if formats.additions[name] != expected.additions[name]:
            raise FpgaEeError(f"{name}: its input formats differ from the formats of the layers before it")
    if (formats.feature_maps, formats.logits) != (expected.feature_maps, expected.logits):
        raise FpgaEeError("the formats of feature maps and logits differ from the formats of their layers")


def _saturate_narrow_formats(converted: GraphModule) -> None:
    """Insert a clamp before formats that are narrower than the integers that carry them.

    ONNX's QuantizeLinear saturates only at the ends of its integer type, while torch would clamp without a
    clamp in the graph. With a clamp in the graph, both do the same. The bounds of the clamp lie on the grid,
    so clamping before rounding equals clamping after it.
    """
    for node in list(converted.graph.nodes):
        if node.op == "call_function" and node.target is _QUANTIZE:
            values, scale, _, low, high, dtype = node.args
            ends = torch.iinfo(dtype)
            if (low, high) != (ends.min, ends.max):
                with converted.graph.inserting_before(node):
                    clamped = converted.graph.call_function(
                        torch.ops.aten.clamp.default, (values, low * scale, high * scale)
                    )
                node.update_arg(0, clamped)
                node.update_arg(3, ends.min)
                node.update_arg(4, ends.max)
    converted.recompile()


def _restore_parameter_names(converted: GraphModule, part: TracedPart) -> None:
    """Give the integer weights and biases, which torchao numbers, the names of the float ones."""
    multiplying = [node for node in converted.graph.nodes if has_effect(node, Effect.MULTIPLYING)]
    for node, layer in zip(multiplying, part.layers, strict=True):
        owner = layer.name.removeprefix(part.name).removeprefix(".")
        for kind, dequantized in zip(("weight", "bias"), node.args[1:3], strict=False):
            if dequantized is None:
                continue
            # The integers, and their scales and zero points where each filter has its own.
            ends = ("", "_scale", "_zero_point")
            for source, end in zip(dequantized.args, ends, strict=False):
                if isinstance(source, Node):
                    _rename(converted, source, f"{owner}.{kind}{end}".lstrip("."))
    converted.recompile()


def _rename(graph: GraphModule, source: Node, name: str) -> None:
    """Give the tensor that a node reads another name."""
    tensor = tensor_of(graph, source)
    forget(graph, str(source.target))
    source.target = name
    keep(graph, name, tensor.detach())
