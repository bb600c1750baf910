"""Fixed point refuses an unknown operator by the name of its layer, and never converts it wrongly."""

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import quantize
from fpga_ee.quantization.tracing import trace


def network(stage: Sequence[nn.Module], exit_end: Sequence[nn.Module] = ()) -> EarlyExitNetwork:
    """One stage on 1 x 4 x 4 images, of a convolution and the layers under test."""
    torch.manual_seed(0)
    return EarlyExitNetwork(
        backbone=[nn.Sequential(nn.Conv2d(1, 2, kernel_size=3, padding=1), *stage)],
        exits=[nn.Sequential(nn.Flatten(), nn.LazyLinear(3), *exit_end)],
        exit_loss_weights=[1.0],
        input_shape=(1, 4, 4),
    )


def made(network: EarlyExitNetwork) -> EarlyExitNetwork:
    network(torch.zeros(2, *network.input_shape))  # the lazy layer takes its shape
    return network


class Own(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, forward: object) -> None:
        super().__init__()
        self.function = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)  # type: ignore[operator, no-any-return]


@pytest.mark.parametrize(
    ("layer", "operator"),
    [
        (nn.GELU(), "gelu"),
        (nn.Sigmoid(), "sigmoid"),
        (nn.LeakyReLU(), "leaky_relu"),
        (nn.Upsample(scale_factor=2), "upsample"),
        (nn.LPPool2d(2, 2), "pow"),
        (nn.ConvTranspose2d(2, 2, kernel_size=2), "conv_transpose"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else None,
)
def test_an_unknown_operator_is_refused_by_layer_name(layer: nn.Module, operator: str) -> None:
    with pytest.raises(
        FpgaEeError, match=rf"^backbone\.0\.1 \(\S+( \S+)?\): fixed point does not know .*({operator})"
    ):
        trace(made(network([layer])))


def test_a_softmax_at_an_exit_is_refused_by_layer_name() -> None:
    with pytest.raises(FpgaEeError, match=r"^exits\.0\.2 \(Softmax\): fixed point does not know .*softmax"):
        trace(made(network([], [nn.Softmax(dim=1)])))


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (lambda x: x + 1, "knows the sum of two feature maps of one shape"),
        (lambda x: torch.add(x, x.relu(), alpha=2), "the sum of two feature maps of one shape"),
        (lambda x: x + x.mean((2, 3), keepdim=True), r"shapes, \[2, 4, 4\] and \[2, 1, 1\]"),
        (lambda x: x - x.relu(), r"does not know aten\.sub"),
        (lambda x: x * x, r"does not know aten\.mul"),
        (lambda x: torch.cat([x, x], dim=1), r"does not know aten\.cat"),
    ],
)
def test_other_ways_to_join_values_are_refused(operation: Callable[[Tensor], Tensor], message: str) -> None:
    with pytest.raises(FpgaEeError, match=rf"^backbone\.0\.1.*{message}"):
        trace(made(network([Own(operation)])))


class AddsParameter(nn.Module):
    """A bias of its own for every position."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.ones(1, 2, 4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.shift


class ScaledConvolution(nn.Module):
    """A convolution whose weights are computed."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, 2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.conv2d(x, self.weight * 2)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (AddsParameter(), "the sum of two feature maps"),
        (ScaledConvolution(), "(computed weights|does not know aten.mul)"),
    ],
)
def test_parameters_in_other_places_are_refused_by_layer_name(layer: nn.Module, message: str) -> None:
    with pytest.raises(FpgaEeError, match=rf"^backbone\.0\.1\S* \(.*\): .*{message}"):
        trace(made(network([layer])))


@pytest.mark.parametrize(
    ("pooling", "message"),
    [
        (nn.AvgPool2d(3, ceil_mode=True), "divides the sums at the border by less than 3x3"),
        (nn.AvgPool2d(3, padding=1, count_include_pad=False), "divides the sums at the border"),
        (nn.AdaptiveAvgPool2d(3), "makes 3x3 of 4x4 by windows of different sizes"),
        (
            Own(lambda x: x.mean(dim=1, keepdim=True)),
            r"the mean over rows and columns together, not over .*\[1\]",
        ),
        (Own(lambda x: x.mean(dim=2)), "the mean over rows and columns together"),
        (
            Own(lambda x: x + x.mean(dim=(), keepdim=True)),
            r"the mean over rows and columns together, not over .*\[\]",
        ),
    ],
    ids=str,
)
def test_an_average_of_windows_of_different_sizes_is_refused_by_layer_name(
    pooling: nn.Module, message: str
) -> None:
    with pytest.raises(FpgaEeError, match=rf"^backbone\.0\.1(\.mean)? \([\w ]+\): .*{message}"):
        trace(made(network([pooling])))


@pytest.mark.parametrize(
    ("maximum", "message"),
    [
        (nn.AdaptiveMaxPool2d(3), "makes 3x3 of 4x4 by windows of different sizes"),
        (Own(lambda x: x.amax((1, 2), keepdim=True)), r"over rows and columns together, not over .*\[1, 2\]"),
        (Own(lambda x: x.amax(3)), r"the maximum over rows and columns together, not over .*\[3\]"),
        (Own(lambda x: x + x.amax((), keepdim=True)), r"rows and columns together, not over .*\[\]"),
        (
            Own(lambda x: sum(nn.functional.adaptive_max_pool2d(x, 1, return_indices=True))),
            "its places are read too",
        ),
    ],
    ids=str,
)
def test_a_maximum_that_is_no_max_pooling_is_refused_by_layer_name(maximum: nn.Module, message: str) -> None:
    with pytest.raises(FpgaEeError, match=rf"^backbone\.0\.1(\.\w+)? \([\w ]+\): .*{message}"):
        trace(made(network([maximum])))


@pytest.mark.parametrize(
    "padding",
    [
        [nn.ZeroPad2d(1)],
        [nn.ZeroPad2d(1), nn.MaxPool2d(2)],
        [nn.ZeroPad2d(1), nn.ZeroPad2d(1), nn.Conv2d(2, 2, 1)],
        [nn.ConstantPad2d(1, 0.5), nn.Conv2d(2, 2, 1)],
        [nn.ZeroPad2d((0, -1, 0, 0)), nn.Conv2d(2, 2, 1)],
        [nn.ReflectionPad2d(1), nn.Conv2d(2, 2, 1)],
        [Own(lambda x: nn.functional.pad(x, (0, 0, 0, 0, 1, 1))), nn.Conv2d(4, 2, 1)],
        [nn.Conv2d(2, 2, kernel_size=3, padding=1, padding_mode="reflect")],
    ],
    ids=str,
)
def test_a_padding_that_is_no_part_of_a_convolution_is_refused_by_layer_name(
    padding: Sequence[nn.Module],
) -> None:
    with pytest.raises(FpgaEeError, match=r"^backbone\.0\.1(\.pad)? \(\w+\): .* rows and columns of 0 that"):
        trace(made(network(padding)))


def test_a_normalisation_by_the_statistics_of_the_batch_is_refused_by_name() -> None:
    with pytest.raises(
        FpgaEeError,
        match=r"^backbone\.0\.1 \(batch normalisation\): it normalises by the statistics of its batch",
    ):
        trace(made(network([nn.BatchNorm2d(2, track_running_stats=False)])))


def test_a_normalisation_that_is_used_twice_is_refused_by_name() -> None:
    twice = nn.BatchNorm2d(2)
    with pytest.raises(
        FpgaEeError, match=r"^backbone\.0\.[13] \(batch normalisation\): it is used more than once"
    ):
        trace(made(network([twice, nn.ReLU(), twice])))


def test_a_clip_of_a_feature_map_that_something_else_reads_is_refused_by_name() -> None:
    with pytest.raises(
        FpgaEeError, match=r"^backbone\.0\.1\.relu6 \(ReLU6\): it must stand behind a convolution"
    ):
        trace(made(network([Own(lambda x: x + nn.functional.relu6(x))])))


def test_an_operator_in_place_on_what_something_else_reads_is_refused_by_name() -> None:
    """The result would depend on the order of the readers: here both summands would be overwritten."""
    overwriting = Own(lambda x: x + x.view(-1, 2, 16).relu_().view(-1, 2, 4, 4))
    with pytest.raises(FpgaEeError, match=r"^backbone\.0\.1\.relu \(ReLU\): it overwrites a feature map"):
        trace(made(network([overwriting])))


def test_an_operator_on_the_batch_size_is_refused_by_layer_name() -> None:
    with pytest.raises(FpgaEeError, match=r"^backbone\.0\.1\.zeros \(zeros\): fixed point does not know"):
        trace(made(network([Own(lambda x: torch.zeros(x.shape[0], 2, 4, 4, dtype=x.dtype))])))


def test_a_layer_that_is_used_twice_is_refused_by_name() -> None:
    twice = nn.Conv2d(2, 2, kernel_size=1)
    with pytest.raises(FpgaEeError, match=r"^backbone\.0\.[13] \(convolution\): it is used more than once"):
        trace(made(network([twice, nn.ReLU(), twice])))


def test_control_flow_on_data_is_refused_by_part() -> None:
    branching = Own(lambda x: x if bool(x.sum() > 0) else -x)
    with pytest.raises(
        FpgaEeError, match=r"^backbone\.0 \(Sequential\): it cannot be traced: .*fixed sequence"
    ) as refused:
        trace(made(network([branching])))
    assert "\n" not in str(refused.value)


def test_a_fixed_batch_size_is_refused() -> None:
    with pytest.raises(
        FpgaEeError, match=r"^backbone\.0 \(Sequential\): it cannot be traced: .*any batch size"
    ):
        trace(made(network([Own(lambda x: x.reshape(2, 2, 4, 4))])))


def test_a_layer_too_large_for_exact_sums_is_refused_by_name_where_no_bit_is_left_to_take() -> None:
    """40,000 weights of 7 steps each, the most that 4 bits hold, times 255 are past 2^24."""
    large = EarlyExitNetwork(
        backbone=[nn.Conv2d(1, 1, kernel_size=1)],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(200 * 200, 2))],
        exit_loss_weights=[1.0],
        input_shape=(1, 200, 200),
    )
    for parameter in large.parameters():
        nn.init.constant_(parameter, 0.98)
    with pytest.raises(FpgaEeError, match=r"^exits\.0\.1: an accumulator could reach \d"):
        quantize(large, torch.rand(1, 1, 200, 200), Widths())
