"""Batch normalisation in inference: a factor and a shift for every channel, without an operator of its own.

1. After a convolution or a linear layer whose result nothing else reads, both go into that layer's weights
and
   bias.
2. Anywhere else it becomes a convolution of its own: one weight and one bias for each channel.

In case 1, fine-tuning trains weights that include the normalisation. ``neutral`` gives the parameters that
layer and normalisation must then have, so that the network with both gives the same values.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import GraphModule, Node

from fpga_ee.quantization.authored import LayerRefusedError, authored
from fpga_ee.quantization.graph_editing import insert, store, tensor_of
from fpga_ee.quantization.operators.known import has_effect
from fpga_ee.quantization.operators.operator import Effect

_ATEN = torch.ops.aten


@dataclass(frozen=True)
class FoldedNormalisation:
    """A normalisation that was folded into the layer before it.

    Attributes:
        layer: Full name of the layer.
        name: Full name of the normalisation.
        epsilon: The number that it adds to the variance.
    """

    layer: str
    name: str
    epsilon: float


def lower_normalisations(part: str, graph: GraphModule) -> tuple[FoldedNormalisation, ...]:
    """Fold or replace all normalisations in ``graph``.

    Raises:
        LayerRefusedError: A normalisation takes the statistics of its batch, is used twice, or has another
            rank.
    """
    folded: dict[Node, FoldedNormalisation] = {}
    seen: set[str] = set()
    for node in list(graph.graph.nodes):
        if node.target is not _ATEN.batch_norm.default:
            continue
        statistics, source = node.args[3], node.args[0]
        if statistics is None or node.args[5]:
            raise LayerRefusedError(
                authored(node),
                "it normalises by the statistics of its batch, which deployment has none of; let it track "
                "running ones",
            )
        if str(statistics.target) in seen:
            raise LayerRefusedError(
                authored(node), "it is used more than once; give each use a normalisation of its own"
            )
        seen.add(str(statistics.target))
        name = ".".join([part, *str(statistics.target).split(".")[:-1]])
        factor, shift = _factor_and_shift(graph, node)
        if has_effect(source, Effect.MULTIPLYING) and len(source.users) == 1 and source not in folded:
            layer = _fold(graph, source, factor, shift)
            folded[source] = FoldedNormalisation(f"{part}.{layer}".removesuffix("."), name, node.args[7])
            replacement = source
        else:
            replacement = _own_layer(graph, node, factor, shift)
        node.replace_all_uses_with(replacement)
        graph.graph.erase_node(node)
    return tuple(folded.values())


def neutral(
    folded: FoldedNormalisation, own: Mapping[str, Tensor], trained: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Give parameters with which layer and normalisation together equal the trained, folded layer.

    Args:
        folded: The layer and its normalisation.
        own: State of the network that has both.
        trained: State of the network with the folded layer.

    Returns:
        Parameters of the normalisation, and a bias of 0 if the layer has one; the bias is in the
        normalisation.
    """
    shift = trained[f"{folded.layer}.bias"]
    values = {
        f"{folded.name}.running_mean": -shift,
        f"{folded.name}.running_var": torch.full_like(shift, 1 - folded.epsilon),
        f"{folded.name}.weight": torch.ones_like(shift),
        f"{folded.name}.bias": torch.zeros_like(shift),
        f"{folded.layer}.bias": torch.zeros_like(shift),
    }
    return {name: value for name, value in values.items() if name in own}


def _factor_and_shift(graph: GraphModule, node: Node) -> tuple[Tensor, Tensor]:
    """Compute the factor and the shift of every channel, in float64."""
    arguments: tuple[Any, ...] = node.args
    weight, bias, mean, variance = arguments[1:5]
    deviation = (_double(graph, variance) + arguments[7]).sqrt()
    factor = (torch.ones_like(deviation) if weight is None else _double(graph, weight)) / deviation
    shift = -_double(graph, mean) * factor
    return factor, shift if bias is None else shift + _double(graph, bias)


def _double(graph: GraphModule, node: Any) -> Tensor:
    return tensor_of(graph, node).detach().double()


def _fold(graph: GraphModule, layer: Node, factor: Tensor, shift: Tensor) -> str:
    """Give the layer new weights and a new bias. Return its name in the part."""
    weight: Any = layer.args[1]
    bias: Any = layer.args[2] if len(layer.args) > 2 else None
    owner = str(weight.target).rpartition(".")[0]
    scaled = _double(graph, weight) * factor.reshape(-1, *[1] * (tensor_of(graph, weight).ndim - 1))
    shifted = shift if bias is None else shift + _double(graph, bias) * factor
    parameters = [
        store(graph, layer, f"{owner}.{kind}".lstrip("."), nn.Parameter(value.float()))
        for kind, value in (("weight", scaled), ("bias", shifted))
    ]
    layer.args = (layer.args[0], *parameters, *layer.args[3:])
    return owner


def _own_layer(graph: GraphModule, node: Node, factor: Tensor, shift: Tensor) -> Node:
    source: Any = node.args[0]
    channels = len(factor)
    rank = source.meta["val"].ndim
    if rank not in (2, 4):
        raise LayerRefusedError(
            authored(node), f"it normalises a tensor of {rank} dimensions; fixed point knows 2 and 4"
        )
    if rank == 2:
        source = insert(graph, node, _ATEN.reshape.default, (source, [-1, channels, 1, 1]))
    owner = str(node.args[3].target).rpartition(".")[0]  # type: ignore[union-attr]
    weight = store(graph, node, f"{owner}.weight".lstrip("."), factor.reshape(-1, 1, 1, 1).float())
    bias = store(graph, node, f"{owner}.bias".lstrip("."), shift.float())
    arguments = (source, weight, bias, [1, 1], [0, 0], [1, 1], channels)
    result = insert(graph, node, _ATEN.conv2d.default, arguments)
    return insert(graph, node, _ATEN.flatten.using_ints, (result, 1)) if rank == 2 else result
