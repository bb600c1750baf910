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
        sources: Names of the layers that it reads, one for each of its inputs; None stands for the graph's
            input.
    """

    layer: Layer
    sources: tuple[str | None, ...]


@dataclass(frozen=True)
class LayerGraph:
    """Layers in topological order: each follows the layers that it reads.

    Several layers can read the output of one (a fork), and a layer can read several (a join). The last
    layer gives the graph's output.

    Attributes:
        nodes: The layers; there is at least one.
    """

    nodes: tuple[Node, ...]

    def __post_init__(self) -> None:
        """Check the order.

        Raises:
            FpgaEeError: There is no layer, a layer reads one that does not precede it, a layer has more
                sources than inputs or fewer, or no layer reads an output.
        """
        if not self.nodes:
            raise FpgaEeError("it holds no layer: backbone parts and exits need at least one")
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
    def by_name(self) -> Mapping[str, Layer]:
        """The layers by their names."""
        return {layer.name: layer for layer in self.layers}

    @cached_property
    def sources(self) -> Mapping[str, tuple[str | None, ...]]:
        """The names of the layers that each layer reads, by its name."""
        return {node.layer.name: node.sources for node in self.nodes}

    @cached_property
    def readers(self) -> Mapping[str | None, tuple[tuple[str, int], ...]]:
        """The inputs that read each layer, by its name. The key None stands for the graph's input.

        An input is the name of a layer and the number of its input. No layer reads the last layer.
        """
        found: dict[str | None, list[tuple[str, int]]] = {}
        for node in self.nodes:
            for number, source in enumerate(node.sources):
                found.setdefault(source, []).append((node.layer.name, number))
        return {source: tuple(inputs) for source, inputs in found.items()}

    def through(self, entering: Value, step: Callable[[Layer, Sequence[Value]], Value]) -> dict[str, Value]:
        """Compute a value for every layer, along the graph.

        Args:
            entering: The value at the input.
            step: Computes the value at the output of a layer from the values at its inputs.

        Returns:
            The value at the output of every layer, by its name; the last is the value at the graph's output.
        """
        found: dict[str | None, Value] = {None: entering}
        for node in self.nodes:
            found[node.layer.name] = step(node.layer, [found[source] for source in node.sources])
        return {name: value for name, value in found.items() if name is not None}

    def leaving(self, entering: Value, step: Callable[[Layer, Sequence[Value]], Value]) -> Value:
        """Compute a value along the graph, and give the value at its output."""
        return self.through(entering, step)[self.nodes[-1].layer.name]

    def changed(
        self, entering: Value, change: Callable[[Layer, Sequence[Value]], tuple[Layer, Value]]
    ) -> "LayerGraph":
        """Replace every layer by one made from the layer and the values at its inputs."""
        values: dict[str | None, Value] = {None: entering}
        nodes = []
        for node in self.nodes:
            layer, values[node.layer.name] = change(node.layer, [values[source] for source in node.sources])
            nodes.append(Node(layer, node.sources))
        return LayerGraph(tuple(nodes))

    def without(self, left_out: Callable[[Layer], bool]) -> "LayerGraph":
        """Remove layers whose output is their input. The first layer stays if all are removed."""
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
        """Append a graph that reads the output of this one."""
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
    """Make a graph of layers, each of which reads the one before.

    Raises:
        FpgaEeError: There is no layer.
    """
    nodes: list[Node] = []
    for layer in layers:
        nodes.append(Node(layer, (nodes[-1].layer.name if nodes else None,)))
    return LayerGraph(tuple(nodes))
