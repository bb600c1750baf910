"""Layers of a stage as a directed acyclic graph with one input and one output."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.layer import Layer

Value = TypeVar("Value")


@dataclass(frozen=True)
class Node:
    """A layer in its graph.

    Attributes:
        layer: The layer.
        sources: Names of the layers that it reads, one for each of its inputs; None is the graph's input.
    """

    layer: Layer
    sources: tuple[str | None, ...]


@dataclass(frozen=True)
class LayerGraph:
    """Layers in an order in which each stands behind those that it reads.

    The output of a layer can be read by several (a fork), and a layer can read several (a join). The last
    layer gives the graph's output.

    Attributes:
        nodes: The layers; at least one.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        """Check the order.

        Raises:
            FpgaEeError: There is no layer, a layer reads one that does not stand before it, or more or fewer
                than it has inputs, or nobody reads a layer.
        """
        if not self.nodes:
            raise FpgaEeError("it holds no layer: backbone parts and exits need one at least")
        known: set[str | None] = {None}
        for node in self.nodes:
            if missing := [source for source in node.sources if source not in known]:
                raise FpgaEeError(
                    f"layer {node.layer.name} reads {missing[0]}, which does not stand before it"
                )
            if len(node.sources) != len(node.layer.inputs):
                raise FpgaEeError(
                    f"layer {node.layer.name} reads {len(node.layer.inputs)} feature maps, not "
                    f"{len(node.sources)}"
                )
            known.add(node.layer.name)
        read = {source for node in self.nodes for source in node.sources}
        if unread := [node.layer.name for node in self.nodes[:-1] if node.layer.name not in read]:
            raise FpgaEeError(f"nobody reads the output of layer {unread[0]}: leave the layer out")

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, in their order."""
        return tuple(node.layer for node in self.nodes)

    @property
    def input(self) -> FeatureMap:
        """The feature map that enters."""
        return next(
            entering
            for node in self.nodes
            for source, entering in zip(node.sources, node.layer.inputs, strict=True)
            if source is None
        )

    @property
    def output(self) -> FeatureMap:
        """The feature map that leaves."""
        return self.nodes[-1].layer.output

    @cached_property
    def sources(self) -> Mapping[str, tuple[str | None, ...]]:
        """The layers that each layer reads, by its name."""
        return {node.layer.name: node.sources for node in self.nodes}

    def through(self, entering: Value, step: Callable[[Layer, Sequence[Value]], Value]) -> dict[str, Value]:
        """Carry values along the graph.

        Args:
            entering: The value at the input.
            step: Gives the value at the output of a layer from those at its inputs.

        Returns:
            The value at the output of every layer, by its name; that of the graph's output comes last.
        """
        found: dict[str | None, Value] = {None: entering}
        for node in self.nodes:
            found[node.layer.name] = step(node.layer, [found[source] for source in node.sources])
        return {name: value for name, value in found.items() if name is not None}

    def leaving(self, entering: Value, step: Callable[[Layer, Sequence[Value]], Value]) -> Value:
        """Carry values along the graph; the value at its output."""
        return self.through(entering, step)[self.nodes[-1].layer.name]

    def changed(
        self, entering: Value, change: Callable[[Layer, Sequence[Value]], tuple[Layer, Value]]
    ) -> "LayerGraph":
        """The same graph of other layers, each made from the layer and the values at its inputs."""
        values: dict[str | None, Value] = {None: entering}
        nodes = []
        for node in self.nodes:
            layer, values[node.layer.name] = change(node.layer, [values[source] for source in node.sources])
            nodes.append(Node(layer, node.sources))
        return LayerGraph(tuple(nodes))

    def without(self, left_out: Callable[[Layer], bool]) -> "LayerGraph":
        """The graph without layers that give what they read; of a graph of these alone, the first stays."""
        stands_for: dict[str | None, str | None] = {None: None}
        nodes = []
        for node in self.nodes:
            sources = tuple(stands_for[source] for source in node.sources)
            if left_out(node.layer):
                stands_for[node.layer.name] = sources[0]
            else:
                stands_for[node.layer.name] = node.layer.name
                nodes.append(Node(node.layer, sources))
        return LayerGraph(tuple(nodes) or self.nodes[:1])

    def then(self, behind: "LayerGraph") -> "LayerGraph":
        """This graph, and another that reads its output."""
        end = self.nodes[-1].layer.name
        moved = (
            Node(node.layer, tuple(end if source is None else source for source in node.sources))
            for node in behind.nodes
        )
        return LayerGraph((*self.nodes, *moved))

    def __iter__(self) -> Iterator[Layer]:
        """All layers, in their order."""
        return iter(self.layers)


def chain_of(layers: Iterable[Layer]) -> LayerGraph:
    """The graph of layers one behind another.

    Raises:
        FpgaEeError: There is no layer.
    """
    nodes: list[Node] = []
    for layer in layers:
        nodes.append(Node(layer, (nodes[-1].layer.name if nodes else None,)))
    return LayerGraph(tuple(nodes))
