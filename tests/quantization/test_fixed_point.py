"""A fixed-point network computes integers by the rules of its formats, the same whenever it is made."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.fitted import fitted
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import conv2d, max_pool2d

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats, NetworkFormats, Widths
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.fixed_point import choose_formats, fixed_point_network
from fpga_ee.quantization.quantize import Quantized, apply_formats, quantize
from fpga_ee.quantization.tracing import written

NARROW = Widths(weight_bits=4, activation_bits=4)


@pytest.fixture(scope="module")
def network() -> EarlyExitNetwork:
    return fitted("B_Lenet_se")


@pytest.fixture(scope="module")
def images(digits: LabelledImages) -> Tensor:
    return torch.from_numpy(digits.head(100).inputs())


@pytest.fixture(scope="module", params=[Widths(), NARROW], ids=["default widths", "4 bits"])
def quantized(request: pytest.FixtureRequest, network: EarlyExitNetwork, images: Tensor) -> Quantized:
    return quantize(network, images, request.param)


def requantise(accumulators: Tensor, before: FixedPoint, after: FixedPoint) -> Tensor:
    """Round half to even, then saturate; ``accumulators`` are integers in float64."""
    return (accumulators * 2.0 ** (after.frac - before.frac)).round().clamp(after.low, after.high)


def integer_logits(quantized: Quantized, images: Tensor) -> list[Tensor]:
    """B_Lenet_se in integer arithmetic, written down from its definition and the formats alone."""
    integers = {name: tensor.double() for name, tensor in quantized.network.state_dict().items()}
    layers = quantized.formats.layers

    def conv_pool_ac(name: str, x: Tensor, padding: int) -> Tensor:
        sums = conv2d(x, integers[f"{name}.weight"], integers[f"{name}.bias"], padding=padding)
        return requantise(max_pool2d(sums, 2).relu(), layers[name].bias, layers[name].output)

    def linear(name: str, x: Tensor) -> Tensor:
        sums = x.flatten(1) @ integers[f"{name}.weight"].T + integers[f"{name}.bias"]
        return requantise(sums, layers[name].bias, layers[name].output)

    first = conv_pool_ac("backbone.0.layer.0", images.double() * 256, padding=4)
    exit_0 = linear("exits.0.2", conv_pool_ac("exits.0.0.layer.0", first, padding=1))
    second = conv_pool_ac("backbone.1.0.layer.0", first, padding=4)
    exit_1 = linear("exits.1.0", conv_pool_ac("backbone.1.1.layer.0", second, padding=3))
    return [exit_0, exit_1]


@pytest.mark.slow
def test_its_logits_are_those_of_integer_arithmetic(quantized: Quantized, images: Tensor) -> None:
    with torch.inference_mode():
        logits = quantized.network(images)
    expected = integer_logits(quantized, images)
    for format_, ours, theirs in zip(quantized.formats.logits, logits, expected, strict=True):
        assert torch.equal(ours.double(), theirs * format_.scale)
        assert len(ours.unique()) > 50, "the network must have something to say"


def assert_on_grid(values: NDArray[np.float32], format_: FixedPoint) -> None:
    integers = values / np.float32(format_.scale)
    assert (integers == np.round(integers)).all()
    assert format_.low <= integers.min()
    assert integers.max() <= format_.high


def test_feature_maps_and_logits_are_on_their_grids(quantized: Quantized, images: Tensor) -> None:
    feature_map = images
    with torch.inference_mode():
        for index, (backbone, exit_) in enumerate(quantized.network.stages()):
            feature_map = backbone(feature_map)
            assert_on_grid(feature_map.numpy(), quantized.formats.feature_maps[index])
            assert_on_grid(exit_(feature_map).numpy(), quantized.formats.logits[index])


def test_weights_and_biases_are_integers_in_their_ranges(quantized: Quantized) -> None:
    state = quantized.network.state_dict()
    for name, formats in quantized.formats.layers.items():
        weight = state[f"{name}.weight"]
        assert weight.dtype == torch.int8
        assert formats.weight.low <= int(weight.min())
        assert int(weight.max()) <= formats.weight.high
        assert state[f"{name}.bias"].dtype == torch.int32
        assert formats.bias.frac == formats.input.frac + formats.weight.frac


def test_weights_are_the_float_weights_rounded_to_even_and_saturated(
    quantized: Quantized, network: EarlyExitNetwork
) -> None:
    floats, integers = network.state_dict(), quantized.network.state_dict()
    for name, formats in quantized.formats.layers.items():
        for parameter, format_ in (("weight", formats.weight), ("bias", formats.bias)):
            expected = (floats[f"{name}.{parameter}"].double() / format_.scale).round()
            ours = integers[f"{name}.{parameter}"].double()
            assert torch.equal(ours, expected.clamp(format_.low, format_.high))


def test_parameters_keep_their_names(quantized: Quantized, network: EarlyExitNetwork) -> None:
    assert list(quantized.network.state_dict()) == list(network.state_dict())


def test_four_bit_activations_saturate_at_15(network: EarlyExitNetwork, images: Tensor) -> None:
    """Saturation really happens, and not only at 255, the end of the byte that carries them."""
    quantized = quantize(network, images, NARROW)
    with torch.inference_mode():
        feature_map = quantized.network.backbone[0](images)
        unsaturated = network.backbone[0](images)
    format_ = quantized.formats.feature_maps[0]
    assert float(unsaturated.max()) > 15.5 * format_.scale
    assert float(feature_map.max()) == 15 * format_.scale


def test_the_choice_of_formats_is_repeatable(network: EarlyExitNetwork, images: Tensor) -> None:
    graphs = written(network)
    chosen = choose_formats(network, graphs, images, NARROW)
    assert choose_formats(network, graphs, images, NARROW) == chosen
    assert choose_formats(network, written(network), images, NARROW) == chosen


def test_the_same_weights_and_formats_give_the_same_network(
    quantized: Quantized, network: EarlyExitNetwork, images: Tensor
) -> None:
    again = fixed_point_network(network, written(network), quantized.formats)
    ours, theirs = again.state_dict(), quantized.network.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    with torch.inference_mode():
        for one, other in zip(again(images), quantized.network(images), strict=True):
            assert torch.equal(one, other)


def test_quantizing_leaves_the_float_network_as_it_was(images: Tensor) -> None:
    network = fitted("B_Lenet_se")
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    quantized = quantize(network, images, NARROW)
    apply_formats(network, quantized.formats)
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_formats_run_from_layer_to_layer(quantized: Quantized) -> None:
    formats = quantized.formats
    assert formats.layers["backbone.0.layer.0"].output == formats.feature_maps[0]
    assert formats.layers["exits.0.0.layer.0"].input == formats.feature_maps[0]
    assert formats.layers["backbone.1.0.layer.0"].input == formats.feature_maps[0]
    assert formats.layers["exits.1.0"].input == formats.feature_maps[1]
    assert formats.layers["exits.1.0"].output == formats.logits[1]
    assert all(format_.bits == 16 and format_.signed and format_.frac <= 4 for format_ in formats.logits)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: replace(f, layers=without(f.layers, "exits.0.2")), "exits.0.2 is in one of them only"),
        (
            lambda f: replace(f, layers=coarser(f.layers, "exits.1.0", "input")),
            "exits.1.0: its input and bias",
        ),
        (
            lambda f: replace(f, layers=coarser(f.layers, "exits.0.2", "bias")),
            "exits.0.2: its input and bias",
        ),
        (lambda f: replace(f, logits=(f.feature_maps[0], f.logits[1])), "feature maps and logits"),
        (lambda f: replace(f, logits=f.logits[:1]), "another number of stages"),
    ],
)
def test_formats_that_contradict_the_network_are_refused(
    network: EarlyExitNetwork,
    images: Tensor,
    change: Callable[[NetworkFormats], NetworkFormats],
    message: str,
) -> None:
    graphs = written(network)
    formats = choose_formats(network, graphs, images, Widths())
    with pytest.raises(FpgaEeError, match=message):
        fixed_point_network(network, graphs, change(formats))


def without(layers: Mapping[str, LayerFormats], name: str) -> dict[str, LayerFormats]:
    return {key: value for key, value in layers.items() if key != name}


def coarser(layers: Mapping[str, LayerFormats], name: str, role: str) -> dict[str, LayerFormats]:
    format_ = getattr(layers[name], role)
    return {**layers, name: replace(layers[name], **{role: replace(format_, frac=format_.frac - 1)})}
