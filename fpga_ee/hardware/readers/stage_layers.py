"""The nodes between two tensors of an ONNX graph to a graph of hardware layers, with forks and joins."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import onnx

from fpga_ee.artifacts.onnx_files import named
from fpga_ee.errors import FpgaEeError, NamedError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layer_graph import LayerGraph, Node
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.readers.chain import ChainNode, FormatsOf, read_node
from fpga_ee.hardware.readers.joining import JOINING, SumFormat, feature_maps_read, is_inner_sum
from fpga_ee.hardware.readers.view import View, data_inputs


@dataclass(frozen=True)
class Formats:
    """The formats that a file does not tell by itself.

    Attributes:
        of_layer: Formats around a layer that multiplies, by its name.
        of_sum: The format that a sum is rounded to, if it is.
    """

    of_layer: FormatsOf
    of_sum: SumFormat


@dataclass(frozen=True)
class _Chain:
    """Layers one behind another, each read by the next alone.

    Attributes:
        source: The layer that the first of them reads; None for the input of the graph.
        entering: The feature map that the first of them reads.
        layers: The layers.
    """

    source: str | None
    entering: FeatureMap
    layers: tuple[Layer, ...] = ()

    @property
    def leaving(self) -> FeatureMap:
        """The feature map that the last of them gives."""
        return self.layers[-1].output if self.layers else self.entering


def read_layers(view: View, start: str, end: str, entering: FeatureMap, formats: Formats) -> LayerGraph:
    """The layers between two tensors.

    Args:
        view: The graph that the tensors are in.
        start: The tensor that enters.
        end: The tensor that leaves.
        entering: The feature map that ``start`` holds.
        formats: The formats of layers and sums.

    Raises:
        FpgaEeError: The end does not come from the start alone, or the hardware does not have an operator
            or an attribute, by the node's name.
    """
    nodes = [node for node in nodes_between(view, start, end) if not is_inner_sum(view, node, end)]
    reading = [feature_maps_read(view, node, end) for node in nodes]
    chains: dict[str, _Chain] = {start: _Chain(None, entering)}
    found: list[Node] = []
    for node, read in zip(nodes, reading, strict=True):
        sources = [chains[tensor] for tensor in read]
        readers = [
            reader
            for reader, tensors in zip(nodes, reading, strict=True)
            for tensor in tensors
            if tensor == node.output[0]
        ]
        if len(sources) == 1:
            chain = _lengthened(view, node, readers, sources[0], formats)
        else:
            chain = _joined(view, node, sources, found, formats)
        # Several read it, or the stage ends here and others read it: what follows must not change its layers.
        chains[node.output[0]] = _ended(chain, found) if len(readers) > 1 else chain
    _ended(chains[end], found)
    return LayerGraph(tuple(found))


def nodes_between(view: View, start: str, end: str) -> list[onnx.NodeProto]:
    """The nodes from one tensor to another, in their order.

    Raises:
        FpgaEeError: The end comes from another tensor too, or not from the start.
    """
    wanted: set[str] = set()
    pending = [end]
    while pending:
        tensor = pending.pop()
        if tensor == start or tensor in wanted:
            continue
        node = view.producer(tensor)
        sources = [] if node is None else data_inputs(view, node)
        if not sources:
            raise FpgaEeError(f"{end} depends on {tensor}, and not only on {start}")
        wanted.add(tensor)
        pending += sources
    return [node for node in view.graph.node if wanted & set(node.output)]


def _lengthened(
    view: View, node: onnx.NodeProto, readers: Sequence[onnx.NodeProto], chain: _Chain, formats: Formats
) -> _Chain:
    """A chain with one more node, which reads its end."""
    following = readers[0] if len(readers) == 1 else None
    read = ChainNode(view, node, following, chain.leaving, formats.of_layer, chain.layers)
    return replace(chain, layers=read_node(read))


def _joined(
    view: View, node: onnx.NodeProto, sources: Sequence[_Chain], found: list[Node], formats: Formats
) -> _Chain:
    """The chain behind a node that reads several."""
    ends = [_ended(chain, found) for chain in sources]
    layer, *behind = read_join(view, node, [end.entering for end in ends], formats)
    found.append(Node(layer, tuple(end.source for end in ends)))
    return _Chain(layer.name, layer.output, tuple(behind))


def read_join(
    view: View, node: onnx.NodeProto, entering: Sequence[FeatureMap], formats: Formats
) -> tuple[Layer, ...]:
    """The layers of a node that reads several feature maps: the join, and its rounding.

    Raises:
        FpgaEeError: The hardware does not have the operator, or cannot join these feature maps.
    """
    join = JOINING.get(node.op_type)
    if join is None:
        raise NamedError(
            named(node),
            f" joins {len(entering)} feature maps: of the operators that do, the hardware has "
            f"{' and '.join(JOINING)}",
        )
    return join(view, node, entering, formats.of_sum)


def _ended(chain: _Chain, found: list[Node]) -> _Chain:
    """Add the layers of a chain to the graph; the chain behind them."""
    source = chain.source
    for layer in chain.layers:
        found.append(Node(layer, (source,)))
        source = layer.name
    return _Chain(source, chain.leaving)
