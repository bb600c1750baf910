"""Normalisations and averages become convolutions that compute the same; nothing of the network changes."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from fpga_ee.artifacts.formats import Widths
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.operators.batch_normalisation import FoldedNormalisation, neutral
from fpga_ee.quantization.quantize import Quantized, quantize
from fpga_ee.quantization.tracing import TracedPart, trace


def one_stage(*stage: nn.Module, rows: int = 6, cols: int = 8) -> EarlyExitNetwork:
    return network_of(nn.Sequential(*stage), rows, cols)


def network_of(backbone: nn.Module, rows: int = 6, cols: int = 8) -> EarlyExitNetwork:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[backbone],
        exits=[nn.Sequential(nn.Flatten(), nn.LazyLinear(3))],
        exit_loss_weights=[1.0],
        input_shape=(2, rows, cols),
    ).eval()
    network(torch.zeros(2, 2, rows, cols))  # the lazy layer takes its shape
    return network


def trained(normalisation: nn.BatchNorm1d | nn.BatchNorm2d) -> nn.Module:
    """With statistics and parameters that leave nothing as it is."""
    generator = torch.Generator().manual_seed(1)
    for tensor in normalisation.state_dict().values():
        if tensor.ndim:
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.2)
    return normalisation


def backbone_of(network: EarlyExitNetwork) -> TracedPart:
    return trace(network)[0]


def images(network: EarlyExitNetwork) -> Tensor:
    return torch.randint(0, 256, (20, *network.input_shape), generator=torch.Generator().manual_seed(2)) / 256


NORMALISED = {
    "convolution": ([nn.Conv2d(2, 4, kernel_size=3, bias=False), nn.BatchNorm2d(4)], ["0"]),
    "convolution with bias": ([nn.Conv2d(2, 4, kernel_size=3), nn.BatchNorm2d(4)], ["0"]),
    "depthwise convolution": ([nn.Conv2d(2, 4, kernel_size=3, groups=2), nn.BatchNorm2d(4)], ["0"]),
    "linear layer": ([nn.Flatten(), nn.Linear(96, 5), nn.BatchNorm1d(5)], ["1"]),
    "without parameters": ([nn.Conv2d(2, 4, kernel_size=3), nn.BatchNorm2d(4, affine=False)], ["0"]),
    "image": ([nn.BatchNorm2d(2)], ["0"]),
    "pooling": ([nn.Conv2d(2, 4, kernel_size=3), nn.MaxPool2d(2), nn.BatchNorm2d(4)], ["0", "2"]),
    "ReLU": ([nn.Flatten(), nn.Linear(96, 5), nn.ReLU(), nn.BatchNorm1d(5)], ["1", "3"]),
    "another": ([nn.Conv2d(2, 4, kernel_size=3), nn.BatchNorm2d(4), nn.BatchNorm2d(4)], ["0", "2"]),
}


@pytest.mark.parametrize("name", NORMALISED)
def test_a_normalisation_goes_into_the_layer_before_it_or_becomes_one(name: str) -> None:
    stage, layers = NORMALISED[name]
    modules = [
        trained(module) if hasattr(module, "running_mean") else module for module in copy.deepcopy(stage)
    ]
    network = one_stage(*modules)
    part = backbone_of(network)
    assert [layer.name for layer in part.layers] == [f"backbone.0.{layer}" for layer in layers]
    assert not any("batch_norm" in str(node.target) for node in part.graph.graph.nodes)
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


def test_a_layer_that_something_else_reads_too_keeps_its_weights() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.normalisation = nn.Conv2d(2, 4, kernel_size=3), trained(nn.BatchNorm2d(4))

        def forward(self, x: Tensor) -> Tensor:
            x = self.convolution(x)
            return x + self.normalisation(x)

    network = one_stage(Both())
    part = backbone_of(network)
    assert [operation.name for operation in part.operations] == [
        "backbone.0.0.convolution", "backbone.0.0.normalisation", "backbone.0.0.add",
    ]  # fmt: skip
    weight = network.state_dict()["backbone.0.0.convolution.weight"]
    assert torch.equal(part.graph.state_dict()["0.convolution.weight"], weight)
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


class Filters(nn.Module):
    """A part that holds a weight itself, and a normalisation behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4, 2, 3, 3))
        self.normalisation = trained(nn.BatchNorm2d(4))

    def forward(self, x: Tensor) -> Tensor:
        return self.normalisation(functional.conv2d(x, self.weight))  # type: ignore[no-any-return]


def test_a_part_can_be_a_layer_itself() -> None:
    network = network_of(Filters())
    part = backbone_of(network)
    assert [layer.name for layer in part.layers] == ["backbone.0"]
    assert part.folded == (FoldedNormalisation("backbone.0", "backbone.0.normalisation", 1e-5),)
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


def test_a_normalisation_can_be_made_to_do_nothing_but_shift() -> None:
    """A layer that was trained with its normalisation in it gives the same with both."""
    layer, normalisation = nn.Linear(3, 4), trained(nn.BatchNorm1d(4, eps=0.25))
    both = nn.Sequential(layer, normalisation).eval()
    new = {"0.weight": torch.rand(4, 3), "0.bias": torch.rand(4)}
    both.load_state_dict(
        both.state_dict()
        | {"0.weight": new["0.weight"]}
        | neutral(FoldedNormalisation("0", "1", 0.25), both.state_dict(), new)
    )
    values = torch.rand(5, 3)
    assert torch.equal(both(values), functional.linear(values, new["0.weight"]) + new["0.bias"])


class Mean(nn.Module):
    """A mean over rows and columns."""

    def __init__(self, axes: tuple[int, ...], *, keepdim: bool) -> None:
        super().__init__()
        self.axes, self.keepdim = axes, keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.axes, keepdim=self.keepdim)


AVERAGES = {
    "windows side by side": nn.AvgPool2d(2),
    "windows that overlap": nn.AvgPool2d((3, 2), stride=(1, 2)),
    "padding that counts": nn.AvgPool2d(3, stride=2, padding=1),
    "a divisor": nn.AvgPool2d(2, divisor_override=3),
    "a divisor and padding that does not count": nn.AvgPool2d(
        3, padding=1, count_include_pad=False, divisor_override=9
    ),
    "ceil_mode without a late window": nn.AvgPool2d(2, ceil_mode=True),
    "global": nn.AdaptiveAvgPool2d(1),
    "to a size that divides": nn.AdaptiveAvgPool2d((3, 2)),
    "mean": Mean((2, 3), keepdim=False),
    "mean from the end": Mean((-1, -2), keepdim=True),
}


@pytest.mark.parametrize("name", AVERAGES)
def test_an_average_becomes_a_convolution(name: str) -> None:
    network = one_stage(AVERAGES[name])
    part = backbone_of(network)
    (layer,) = part.layers
    assert layer.name.startswith("backbone.0.0")
    assert not layer.learned
    assert layer.unsigned, "an average of unsigned values is one"
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


def test_a_pooling_that_is_used_twice_becomes_two_convolutions() -> None:
    pooling = nn.AvgPool2d(2)
    part = backbone_of(one_stage(pooling, pooling))
    assert len({layer.name for layer in part.layers}) == 2


class Averages(nn.Module):
    """Averages by functions, beside a weight of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(2, 2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = functional.avg_pool2d(x, 2, stride=1)
        return functional.avg_pool2d(functional.conv2d(x, self.weight), 2, stride=1)


@pytest.mark.parametrize("is_part", [True, False])
def test_averages_by_functions_have_names_of_their_own(is_part: bool) -> None:
    network = network_of(Averages() if is_part else nn.Sequential(Averages()))
    part = backbone_of(network)
    owner = "backbone.0" if is_part else "backbone.0.0"
    assert [layer.name for layer in part.layers] == [
        f"{owner}.avg_pool2d", owner, f"{owner}.avg_pool2d_1",
    ]  # fmt: skip
    with torch.inference_mode():
        torch.testing.assert_close(part.graph(images(network)), network.backbone[0](images(network)))


class Inner(nn.Module):
    """Averages by functions in a module that holds none of its weights itself."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 2, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(functional.avg_pool2d(self.convolution(x), 2), 2, stride=1)


def test_the_first_average_of_a_module_without_weights_has_its_name_and_the_next_one_of_its_own() -> None:
    part = backbone_of(one_stage(Inner()))
    assert [layer.name for layer in part.layers] == [
        "backbone.0.0.convolution", "backbone.0.0", "backbone.0.0.avg_pool2d_1",
    ]  # fmt: skip


class Largest(nn.Module):
    """The largest value over rows and columns."""

    def __init__(self, axes: tuple[int, ...], *, keepdim: bool) -> None:
        super().__init__()
        self.axes, self.keepdim = axes, keepdim

    def forward(self, x: Tensor) -> Tensor:
        return x.amax(self.axes, keepdim=self.keepdim)


@pytest.mark.parametrize(
    "maximum",
    [
        nn.AdaptiveMaxPool2d(1),
        nn.AdaptiveMaxPool2d((3, 2)),
        nn.AdaptiveMaxPool2d((None, 1)),
        Largest((2, 3), keepdim=False),
        Largest((-1, -2), keepdim=True),
    ],
    ids=str,
)
def test_a_maximum_becomes_a_max_pooling(maximum: nn.Module) -> None:
    network = one_stage(nn.Conv2d(2, 3, 1), maximum)
    part = backbone_of(network)
    (layer,) = part.operations
    assert [str(node.target) for node in part.graph.graph.nodes if "max" in str(node.target)] == [
        "aten.max_pool2d.default"
    ]
    assert str(layer.result.target) == "aten.max_pool2d.default", "the layer is rounded behind it"
    with torch.inference_mode():
        assert torch.equal(part.graph(images(network)), network.backbone[0](images(network)))


class TwoReaders(nn.Module):
    """Two convolutions that read one padding."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(2, 3, 2), nn.Conv2d(2, 3, 2)

    def forward(self, x: Tensor) -> Tensor:
        padded = functional.pad(x, (1, 0, 0, 2))
        return self.first(padded) + self.second(padded)


def test_each_convolution_gets_a_padding_of_its_own() -> None:
    network = one_stage(TwoReaders())
    part = backbone_of(network)
    paddings = [node for node in part.graph.graph.nodes if str(node.target) == "aten.pad.default"]
    assert [len(node.users) for node in paddings] == [1, 1]
    assert part.passes == (), "nothing is rounded between a padding and its convolution"
    with torch.inference_mode():
        assert torch.equal(part.graph(images(network)), network.backbone[0](images(network)))


def average_quantized(side: int) -> tuple[EarlyExitNetwork, Quantized, Tensor]:
    network = one_stage(nn.AdaptiveAvgPool2d(1), rows=side, cols=side)
    bright = torch.randint(128, 256, (20, 2, side, side), generator=torch.Generator().manual_seed(3)) / 256
    return network, quantize(network, bright, Widths(weight_bits=2)), bright


@pytest.mark.parametrize("side", [2, 4, 8])
def test_an_average_over_a_power_of_two_is_exact_before_it_is_rounded(side: int) -> None:
    network, quantized, bright = average_quantized(side)
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        expected = (network.backbone[0](bright).double() / step).round() * step
        assert torch.equal(quantized.network.backbone[0](bright).double(), expected.double())


@pytest.mark.parametrize("side", [3, 5, 6, 7, 11, 13])
def test_another_average_is_off_by_its_values_over_2_to_the_17th(side: int) -> None:
    """Whatever the width of the weights that are learned."""
    network, quantized, bright = average_quantized(side)
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        exact = network.backbone[0](bright.double())
        ours = quantized.network.backbone[0](bright)
    assert float(((ours - exact).abs() - step / 2).max() / exact.max()) <= side**2 / 2**17


class Own(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, forward: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


CLIPS = {
    "ReLU": (nn.ReLU(), True),
    "in place": (nn.ReLU(inplace=True), True),
    "ReLU6": (nn.ReLU6(inplace=True), True),
    "hardtanh": (nn.Hardtanh(inplace=True), False),
    "hardtanh from 0": (nn.Hardtanh(0, 1), True),
    "hardtanh by its operator": (Own(torch.ops.aten.hardtanh.default), False),
    "ReLU and hardtanh": (nn.Sequential(nn.ReLU(), nn.Hardtanh()), False),
    "pooling behind": (nn.Sequential(nn.ReLU(), nn.MaxPool2d(2)), True),
    "pooling alone": (nn.MaxPool2d(2), False),
}


@pytest.mark.parametrize("name", CLIPS)
def test_results_are_unsigned_where_nothing_can_be_negative(name: str) -> None:
    clip, unsigned = CLIPS[name]
    (layer,) = backbone_of(one_stage(nn.Conv2d(2, 3, kernel_size=3), clip)).operations
    assert layer.unsigned is unsigned


def test_results_are_clipped_before_they_are_rounded() -> None:
    network = one_stage(nn.Conv2d(2, 3, kernel_size=3), nn.Hardtanh(-0.3, 0.4))
    with torch.no_grad():
        network.backbone[0][0].weight.mul_(4)
    quantized = quantize(network, images(network), Widths())
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        feature_map = quantized.network.backbone[0](images(network))
    assert float(feature_map.min()) == pytest.approx(-0.3, abs=step / 2)
    assert float(feature_map.max()) == pytest.approx(0.4, abs=step / 2)


def test_the_network_stays_as_it_was() -> None:
    network = one_stage(nn.Conv2d(2, 4, kernel_size=3), trained(nn.BatchNorm2d(4)), nn.AvgPool2d(2))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    quantize(network, images(network), Widths())
    after = network.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_channel_shift_is_kept_where_all_weights_are_zero() -> None:
    """As behind a normalisation that training has silenced: what is left of it is its shift."""
    silenced = trained(nn.BatchNorm2d(4))
    nn.init.zeros_(silenced.weight)
    network = one_stage(nn.Conv2d(2, 4, kernel_size=3), silenced)
    quantized = quantize(network, images(network), Widths())
    step = quantized.formats.feature_maps[0].scale
    with torch.inference_mode():
        feature_map = quantized.network.backbone[0](images(network))
        assert float((feature_map - network.backbone[0](images(network))).abs().max()) <= step
