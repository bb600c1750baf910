"""Every layer that fixed point refuses is found, since one of the same shapes stands in for it."""

from collections.abc import Callable
from functools import partial
from math import ceil

import pytest
import torch
from torch import Tensor, nn
from torch.fx import Node
from torch.nn import functional

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.authored import LayerRefusedError, is_of
from fpga_ee.quantization.stand_in import Examined, examine
from fpga_ee.quantization.tracing import trace


class Own(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Untraceable(Own):
    """One that looks at values."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if bool(x.sum() >= 0) else -x)


def one_stage(*stage: nn.Module, exit_: nn.Module | None = None) -> EarlyExitNetwork:
    """One stage on 2 x 4 x 4 images and an exit of one layer, with random weights."""
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[nn.Sequential(*stage)],
        exits=[exit_ or nn.Sequential(nn.Flatten(), nn.LazyLinear(3))],
        exit_loss_weights=[1.0],
        input_shape=(2, 4, 4),
    ).eval()
    network(torch.zeros(2, 2, 4, 4))  # the lazy layer takes its shape
    return network


def refused(examined: Examined) -> list[str]:
    return [refusal.layer.name for refusal in examined.refusals]


def operators(examined: Examined, name: str) -> list[Node]:
    """List the operators of a layer, or of its stand-in."""
    (layer,) = (layer for layer in examined.layers if layer.name == name)
    return [node for part in examined.parts for node in part.graph.graph.nodes if is_of(node, layer)]


def shape(examined: Examined, layer: str) -> tuple[int, ...]:
    return tuple(operators(examined, layer)[-1].meta["val"].shape[1:])


IMAGES = torch.rand(3, 2, 4, 4, generator=torch.Generator().manual_seed(1))


def test_a_network_without_refusals_stays_itself() -> None:
    network = one_stage(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
    examined = examine(network)
    assert examined.network is network
    assert not examined.refusals
    assert [str(layer) for layer in examined.layers] == [
        "backbone.0.0 (convolution)",
        "backbone.0.1 (batch normalisation)",
        "backbone.0.2 (ReLU)",
        "exits.0.0 (flatten)",
        "exits.0.1 (linear layer)",
    ]
    assert [operation.name for part in examined.parts for operation in part.operations] == [
        "backbone.0.0", "exits.0.1",
    ]  # fmt: skip


SHAPES: dict[str, tuple[Callable[[Tensor], Tensor], tuple[int, ...]]] = {
    "maps of the same size": (torch.sin, (2, 4, 4)),
    "larger maps": (lambda x: functional.interpolate(x, (5, 9)), (2, 5, 9)),
    "smaller maps": (lambda x: functional.interpolate(x, (3, 2)), (2, 3, 2)),
    "a matrix of maps": (lambda x: x.amin(3), (2, 3)),
    "a matrix of a matrix": (lambda x: x.roll(1, 1), (2, 3)),
    "maps of a matrix": (torch.diag_embed, (2, 3, 3)),
    "a vector of maps": (lambda x: x.amin((2, 3)), (2,)),
    "a vector of a vector": (torch.tanh, (2,)),
    "a matrix of a vector": (torch.diag_embed, (2, 2)),
    "a vector of a matrix": (lambda x: x.amin(1), (2,)),
    "maps of a vector": (lambda x: torch.einsum("na,nb,nc->nabc", x, x, x), (2, 2, 2)),
}


def test_what_stands_in_for_a_function_has_its_shape_and_fixed_point_takes_it() -> None:
    functions, shapes = zip(*SHAPES.values(), strict=True)
    examined = examine(one_stage(*map(Own, functions)))
    assert [shape(examined, name) for name in refused(examined)] == [*shapes]
    assert [layer.name for layer in examined.layers] == [*refused(examined), "exits.0.0", "exits.0.1"]
    assert len(trace(examined.network)) == 2


def test_what_stands_in_for_a_module_has_its_shape() -> None:
    names = ["smaller maps", "a matrix of maps", "maps of a matrix"]
    functions, shapes = zip(*(SHAPES[name] for name in names), strict=True)
    examined = examine(one_stage(*map(Untraceable, functions)))
    assert refused(examined) == ["backbone.0.0", "backbone.0.1", "backbone.0.2"]
    assert [shape(examined, name) for name in refused(examined)] == [*shapes]
    assert [str(layer) for layer in examined.layers] == [
        "backbone.0.0 (Untraceable)",
        "backbone.0.1 (Untraceable)",
        "backbone.0.2 (Untraceable)",
        "exits.0.0 (flatten)",
        "exits.0.1 (linear layer)",
    ]


def test_windows_step_as_far_as_can_be_and_leave_out_nothing() -> None:
    sizes = [(4, 4), (3, 2), (1, 5), (2, 2), (9, 3), (4, 1)]
    resizing = [Own(partial(functional.interpolate, size=size)) for size in sizes[1:]]
    examined = examine(one_stage(*resizing))
    for name, before, after in zip(refused(examined), sizes[:-1], sizes[1:], strict=True):
        (convolution,) = operators(examined, name)
        _, weight, _, steps, paddings = convolution.args
        reaches = weight.meta["val"].shape[2:]
        for have, want, reach, step, padding in zip(before, after, reaches, steps, paddings, strict=True):
            padded = have + 2 * padding
            assert padding == max(0, ceil((want - have) / 2))
            assert (want - 1) * step + reach == padded, "something is left out at the end"
            assert reach >= step, "something is left out between two windows"
            assert padded - (want - 1) * (step + 1) < step + 1, "a longer step would leave out nothing"


@pytest.mark.parametrize("kind", [Own, Untraceable])
def test_nothing_passes_a_stand_in_and_all_other_layers_stay_as_they_are(kind: type[Own]) -> None:
    network = one_stage(nn.Conv2d(2, 3, 3), kind(torch.sin), nn.Conv2d(3, 2, 1))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    examined = examine(network)
    assert not any(module.training for module in examined.network.modules())
    with torch.inference_mode():
        feature_map = examined.network.backbone[0](IMAGES)
    assert torch.equal(feature_map, before["backbone.0.2.bias"].reshape(2, 1, 1).expand(3, 2, 2, 2))
    after = examined.network.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert [*network.state_dict()] == [*before]
    assert isinstance(network.backbone[0][1], kind), "the network that is examined stays as it was"


class Joins(nn.Module):
    """Reads a layer that is refused twice, and joins both in another one."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = x.sin()
        return torch.maximum(self.convolution(x), x)


def test_all_that_reads_a_layer_reads_its_stand_in() -> None:
    examined = examine(one_stage(Joins()))
    assert refused(examined) == ["backbone.0.0.sin", "backbone.0.0.maximum"]
    (sine,), (maximum,) = (operators(examined, name) for name in refused(examined))
    (convolution,) = operators(examined, "backbone.0.0.convolution")
    assert convolution.args[0] is sine
    assert maximum.args[0] is convolution, "what a layer reads first, its stand-in reads"


class AddsItsMean(nn.Module):
    """Adds two feature maps of different shapes, which is refused; only that reads the second."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x) + x.mean((2, 3), keepdim=True)


def test_a_layer_that_only_a_refused_one_reads_goes_with_it() -> None:
    examined = examine(one_stage(AddsItsMean()))
    assert refused(examined) == ["backbone.0.0.add"]
    for part in examined.parts:
        assert all(node.users for node in part.graph.graph.nodes if node.op == "call_function")


def test_a_layer_that_reads_no_feature_map_has_a_stand_in_that_reads_the_input_of_its_part() -> None:
    examined = examine(one_stage(nn.ReLU(), Own(lambda x: x + torch.zeros(x.shape[0], 2, 4, 4).to(x))))
    (zeros, *_) = refused(examined)
    assert zeros == "backbone.0.1.zeros"
    (convolution,) = operators(examined, zeros)
    assert convolution.args[0] is examined.parts[0].input


def test_an_untraceable_module_is_told_by_the_innermost_one_that_is() -> None:
    inner = nn.Sequential(nn.ReLU(), Untraceable(torch.relu))
    examined = examine(one_stage(nn.ReLU(), nn.Sequential(nn.ReLU(), inner)))
    assert refused(examined) == ["backbone.0.1.1.1"]
    assert examined.refusals[0].layer in examined.layers


def test_an_untraceable_module_that_reads_two_tensors_is_told_by_the_one_around_it() -> None:
    """No stand-in exists for a module that reads more than one tensor."""

    class Chooses(nn.Module):
        def forward(self, x: Tensor, y: Tensor) -> Tensor:
            return x if bool(x.sum() > 0) else y

    class Around(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.chooses = Chooses()
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.chooses(x, self.relu(x))  # type: ignore[no-any-return]

    assert [str(each.layer) for each in examine(one_stage(Around())).refusals] == ["backbone.0.0 (Around)"]


def test_refusals_of_all_parts_are_found_with_their_reasons() -> None:
    exit_ = nn.Sequential(Untraceable(torch.relu), nn.Flatten(), nn.Linear(32, 3), nn.Sigmoid())
    examined = examine(one_stage(nn.GELU(), exit_=exit_))
    told = {refusal.layer.name: refusal.reason for refusal in examined.refusals}
    assert [*told] == ["exits.0.0", "backbone.0.0", "exits.0.3"]
    assert told["exits.0.0"].startswith("it cannot be traced")
    assert told["backbone.0.0"].startswith("fixed point does not know aten.gelu")
    assert told["exits.0.3"].startswith("fixed point does not know aten.sigmoid")


def test_a_layer_that_is_refused_although_another_stands_in_ends_it() -> None:
    """A parametrisation stays, even with a stand-in for its layer."""
    with pytest.raises(LayerRefusedError, match=r"parametrizations.* neither a weight nor a feature"):
        examine(one_stage(nn.utils.parametrizations.spectral_norm(nn.Conv2d(2, 2, 1))))
