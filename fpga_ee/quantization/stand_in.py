"""Finds all layers that fixed point refuses, not only the first. A stand-in of the same shapes replaces each.

So the other layers are asked in their own surroundings, by fixed point and by the next steps. Stand-ins are
convolutions and linear layers with weights of 0, so that every sum after them is exact.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.authored import AuthoredLayer, LayerRefusedError, attribute, is_of, layers_of
from fpga_ee.quantization.exporting import operators_of
from fpga_ee.quantization.graph_editing import insert, remove_unread, store
from fpga_ee.quantization.operators.known import is_size
from fpga_ee.quantization.tracing import (
    TracedPart,
    Written,
    assemble,
    copies,
    lowered,
    written,
)

_ATEN = torch.ops.aten


@dataclass(frozen=True)
class Examined:
    """A network whose layers have all been asked.

    Attributes:
        network: The network that fixed point takes: the network itself, or one with stand-ins for its refused
            layers.
        layers: All layers of the network as their author wrote them, in the network's order.
        parts: The parts of ``network``, lowered; their operators know their author's layers.
        refusals: An error for each layer that fixed point refuses.
        unasked: The layers that lead only to a refused layer whose stand-in does not read them, each with
            that layer. They are left out of ``network``, so nobody is asked about them.
    """

    network: EarlyExitNetwork
    layers: tuple[AuthoredLayer, ...]
    parts: tuple[TracedPart, ...]
    refusals: tuple[LayerRefusedError, ...]
    unasked: Mapping[AuthoredLayer, AuthoredLayer]


def examine(network: EarlyExitNetwork) -> Examined:
    """Find all layers that :func:`~fpga_ee.quantization.tracing.trace` refuses, not only the first.

    Args:
        network: Float network, with any weights.
    """
    network, parts, refusals = _traceable(network)
    for part in parts:
        for refusal in refusals:
            attribute(part.graph, refusal.layer)
    layers = tuple(layer for part in parts for layer in layers_of(part.graph))
    unasked: dict[AuthoredLayer, AuthoredLayer] = {}
    while True:
        try:
            found = lowered(copies(parts))
        except LayerRefusedError as refusal:
            _check_new(refusal, refusals)
            refusals.append(refusal)
            for part in parts:
                before = layers_of(part.graph)
                _put_stand_in(part.graph, refusal.layer)
                gone = {*before} - {*layers_of(part.graph), *(each.layer for each in refusals)}
                unasked |= dict.fromkeys(gone, refusal.layer)
        else:
            break
    if refusals:
        network = assemble(network, [part.graph for part in parts])
    return Examined(network, layers, tuple(found), tuple(refusals), unasked)


def _traceable(network: EarlyExitNetwork) -> tuple[EarlyExitNetwork, list[Written], list[LayerRefusedError]]:
    """Replace the innermost modules that cannot be traced by stand-ins. Give the network and its parts."""
    refusals: list[LayerRefusedError] = []
    while True:
        try:
            parts = written(network)
        except LayerRefusedError as refusal:
            network = network if refusals else deepcopy(network)
            calls = _calls(network)
            innermost = _innermost(network, refusal, calls)
            _check_new(innermost, refusals)
            refusals.append(innermost)
            entering, leaving = calls[innermost.layer.name]
            owner, _, attribute = innermost.layer.name.rpartition(".")
            steps = nn.Sequential(*_steps(tuple(entering.shape[1:]), tuple(leaving.shape[1:])))
            setattr(network.get_submodule(owner), attribute, steps.eval())
        else:
            return network, parts, refusals


def _check_new(refusal: LayerRefusedError, before: Sequence[LayerRefusedError]) -> None:
    """Raise the refusal of a layer that is refused again in spite of its stand-in, as parametrisations are.

    Raises:
        LayerRefusedError: The layer was refused before.
    """
    if refusal.layer in [each.layer for each in before]:
        raise refusal


def _calls(network: EarlyExitNetwork) -> dict[str, tuple[Tensor, Tensor]]:
    """Record the input and the output of each module that turns one tensor into one tensor, by its name."""
    found: dict[str, tuple[Tensor, Tensor]] = {}

    def remember(name: str, given: tuple[object, ...], gave: object) -> None:
        if len(given) == 1 and isinstance(given[0], Tensor) and isinstance(gave, Tensor):
            found[name] = given[0].clone(), gave.clone()

    hooks = [
        module.register_forward_hook(lambda _, given, gave, name=name: remember(name, given, gave))
        for name, module in network.named_modules()
    ]
    with torch.no_grad():
        feature_map = torch.zeros(2, *network.input_shape)
        for backbone, exit_ in network.stages():
            feature_map = backbone(feature_map)
            exit_(feature_map)
    for hook in hooks:
        hook.remove()
    return found


def _innermost(
    network: EarlyExitNetwork, refusal: LayerRefusedError, calls: dict[str, tuple[Tensor, Tensor]]
) -> LayerRefusedError:
    """Find the innermost module that cannot be traced, and give its refusal."""
    name = refusal.layer.name
    for child, module in network.get_submodule(name).named_children():
        inner = f"{name}.{child}"
        if inner in calls:
            try:
                operators_of(inner, module, calls[inner][0])
            except LayerRefusedError as error:
                return _innermost(network, error, calls)
    return refusal


def _put_stand_in(graph: GraphModule, layer: AuthoredLayer) -> None:
    """Replace a layer by stand-ins: each reads the layer's input, and gives an output that others read."""
    members = [node for node in graph.graph.nodes if is_of(node, layer)]
    if not members:
        return
    source = next(_read_by(members), None)
    if source is None:
        source = next(node for node in graph.graph.nodes if node.op == "placeholder")
    for node in members:
        readers = [reader for reader in node.users if reader not in members]
        if readers and not is_size(node):
            made = _insert(graph, node, source)
            node.replace_all_uses_with(made, delete_user_cb=lambda reader: reader in readers)  # noqa: B023
    for node in reversed(members):
        graph.graph.erase_node(node)
    # The layer may have read several; of these, the stand-in reads one.
    graph.graph.eliminate_dead_code()
    remove_unread(graph)


def _read_by(members: Sequence[Node]) -> Iterator[Node]:
    """List the feature maps that operators read and that are not their own."""
    for node in members:
        for read in node.all_input_nodes:
            if read.op != "get_attr" and read not in members and not is_size(read):
                yield read


def _insert(graph: GraphModule, node: Node, source: Node) -> Node:
    """Insert the steps from ``source`` to the shape of ``node``, as operators of its layer."""
    steps = _steps(tuple(source.meta["val"].shape[1:]), tuple(node.meta["val"].shape[1:]))
    for index, step in enumerate(steps):
        owner = f"{node.name}_stand_in_{index}"
        match step:
            case nn.Unflatten():
                arguments = (source, [-1, *step.unflattened_size])
                source = insert(graph, node, _ATEN.reshape.default, arguments)
            case nn.Flatten():
                source = insert(graph, node, _ATEN.flatten.using_ints, (source, 1))
            case nn.Linear():
                weight = store(graph, node, f"{owner}.weight", step.weight)
                source = insert(graph, node, _ATEN.linear.default, (source, weight))
            case nn.Conv2d():
                weight = store(graph, node, f"{owner}.weight", step.weight)
                window = list(step.stride), list(step.padding)
                source = insert(graph, node, _ATEN.conv2d.default, (source, weight, None, *window))
    return source


def _steps(entering: tuple[int, ...], leaving: tuple[int, ...]) -> Iterator[nn.Module]:
    """List layers that together turn a tensor of one shape into a tensor of another."""
    entering, leaving = (tuple(map(int, shape)) for shape in (entering, leaving))
    if len(leaving) == 3:
        if len(entering) != 3:
            if len(entering) != 1:
                yield nn.Flatten()
            entering = (prod(entering), 1, 1)
            yield nn.Unflatten(1, entering)
        yield _blank(_convolution(entering, leaving))
        return
    if len(entering) != 1:
        yield nn.Flatten()
    yield _blank(nn.Linear(prod(entering), prod(leaving), bias=False))
    if len(leaving) != 1:
        yield nn.Unflatten(1, leaving)


def _convolution(entering: tuple[int, ...], leaving: tuple[int, ...]) -> nn.Conv2d:
    """Choose the longest strides and a kernel that leaves out nothing; padding where the result is larger."""
    windows = [_window(have, want) for have, want in zip(entering[1:], leaving[1:], strict=True)]
    kernel, stride, padding = ((first, second) for first, second in zip(*windows, strict=True))
    return nn.Conv2d(entering[0], leaving[0], kernel, stride, padding, bias=False)


def _window(have: int, want: int) -> tuple[int, int, int]:
    padding = max(0, -(-(want - have) // 2))
    stride = max(1, (have + 2 * padding) // want)
    return have + 2 * padding - (want - 1) * stride, stride, padding


def _blank(layer: nn.Linear | nn.Conv2d) -> nn.Module:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
