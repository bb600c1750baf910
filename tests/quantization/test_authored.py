"""Every layer is known by where it stands in its author's code, and in its author's words."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.fx import GraphModule
from torch.nn import functional

from fpga_ee.quantization.authored import AuthoredLayer, attribute, is_of, layers_of, mark
from fpga_ee.quantization.exporting import operators_of


class Own(nn.Module):
    """A module with a forward of its own."""

    def __init__(self, forward: Callable[[Tensor], Tensor], inner: nn.Module | None = None) -> None:
        super().__init__()
        self.function = forward
        self.inner = nn.Identity() if inner is None else inner

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.inner(x))


def marked(module: nn.Module, *shape: int) -> GraphModule:
    """The graph of an exit that is given tensors [N, *shape]."""
    graph = operators_of("exits.0", module.eval(), torch.zeros(2, *shape))
    mark("exits.0", graph)
    return graph


def told(module: nn.Module, *shape: int) -> list[str]:
    """Its layers, as messages name them."""
    return [str(layer) for layer in layers_of(marked(module, *shape))]


def kinds(module: nn.Module, *shape: int) -> list[str]:
    return [layer.kind for layer in layers_of(marked(module, *shape))]


def test_a_module_of_pytorch_is_called_by_what_it_does() -> None:
    layers = {
        nn.Conv2d(2, 4, 3): "convolution",
        nn.BatchNorm2d(4): "batch normalisation",
        nn.MaxPool2d(2): "max pooling",
        nn.AvgPool2d(2): "average pooling",
        nn.ZeroPad2d(1): "padding",
        nn.AdaptiveMaxPool2d(2): "adaptive max pooling",
        nn.AdaptiveAvgPool2d(1): "adaptive average pooling",
        nn.Flatten(): "flatten",
        nn.Linear(4, 4): "linear layer",
        nn.Dropout(): "dropout",
        nn.Unflatten(1, (4, 1)): "unflatten",
    }
    assert kinds(nn.Sequential(*layers), 2, 12, 12) == [*layers.values()]


def test_an_activation_or_another_module_is_called_by_its_class() -> None:
    """Inside, ``ReLU6`` is a hardtanh, and ``LocalResponseNorm`` begins with a multiplication."""
    layers = [
        nn.ReLU(inplace=True), nn.ReLU6(), nn.GELU(), nn.SiLU(), nn.Softmax(1), nn.LocalResponseNorm(2),
    ]  # fmt: skip
    assert kinds(nn.Sequential(*layers), 2, 8, 8) == [type(layer).__name__ for layer in layers]


def test_a_function_is_called_by_what_it_does_or_by_its_name() -> None:
    def functions(x: Tensor) -> Tensor:
        x = functional.relu(x) + functional.relu6(x)
        x = functional.gelu(x) * 2 - functional.silu(x)
        x = (x / 3).add_(1)
        x = torch.cat([functional.max_pool2d(x, 2), functional.avg_pool2d(x, 2)], 1)
        x = functional.pad(functional.adaptive_max_pool2d(x, 2), (1, 1)).amax(3, keepdim=True)
        x = functional.adaptive_avg_pool2d(x, 2).view(-1, 4, 4).unflatten(1, (2, 2))
        x = functional.dropout(x.flatten(1), training=False)
        return functional.softmin(functional.linear(x, torch.eye(16)).square_(), 1)

    assert told(Own(functions), 2, 8, 8) == [
        "exits.0.relu (ReLU)",
        "exits.0.relu6 (ReLU6)",
        "exits.0.add (residual addition)",
        "exits.0.gelu (GELU)",
        "exits.0.mul (multiplication)",
        "exits.0.silu (SiLU)",
        "exits.0.sub (subtraction)",
        "exits.0.div (division)",
        "exits.0.add_1 (addition)",
        "exits.0.max_pool2d (max pooling)",
        "exits.0.avg_pool2d (average pooling)",
        "exits.0.cat (concatenation)",
        "exits.0.adaptive_max_pool2d (adaptive max pooling)",
        "exits.0.pad (padding)",
        "exits.0.amax (maximum)",
        "exits.0.adaptive_avg_pool2d (adaptive average pooling)",
        "exits.0.view (reshape)",
        "exits.0.unflatten (unflatten)",
        "exits.0.flatten (flatten)",
        "exits.0.dropout (dropout)",
        "exits.0.eye (eye)",
        "exits.0.linear (linear layer)",
        "exits.0.square (square)",
        "exits.0.softmin (softmin)",
    ]


def test_a_convolution_is_told_by_its_groups_and_its_dilation() -> None:
    layers = {
        nn.Conv2d(2, 4, 3): "convolution",
        nn.Conv2d(4, 4, 3, padding="same"): "convolution",
        nn.Conv2d(4, 8, 1, groups=4): "depthwise convolution",
        nn.Conv2d(8, 8, 3, dilation=2, groups=8): "depthwise convolution",
        nn.Conv2d(8, 4, 1, groups=2): "grouped convolution",
        nn.Conv2d(4, 4, 3, dilation=2): "dilated convolution",
        nn.Conv2d(4, 4, (3, 1), dilation=(2, 1)): "dilated convolution",
        nn.Conv2d(4, 4, (1, 3), dilation=(1, 2), padding="same"): "dilated convolution",
    }
    assert kinds(nn.Sequential(*layers), 2, 16, 16) == [*layers.values()]


def test_only_the_sum_of_two_feature_maps_is_residual() -> None:
    class Shifts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shift = nn.Parameter(torch.ones(4))

        def forward(self, x: Tensor) -> Tensor:
            return (x + self.shift) + x

    assert told(Shifts(), 4) == ["exits.0.add (addition)", "exits.0.add_1 (residual addition)"]


def test_a_layer_is_named_by_its_module_and_a_function_by_the_module_that_calls_it() -> None:
    inner = nn.Sequential(nn.ReLU(), Own(lambda x: x * 2))
    assert told(nn.Sequential(Own(lambda x: x * x.shape[0], inner), nn.ReLU()), 4) == [
        "exits.0.0.inner.0 (ReLU)",
        "exits.0.0.inner.1.mul (multiplication)",
        "exits.0.0.mul (multiplication)",
        "exits.0.1 (ReLU)",
    ]


def test_each_call_of_a_module_is_a_layer_and_so_is_each_of_a_function() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(self.layer(x).sin().sin().sin()).sin()  # type: ignore[no-any-return]

    layers = layers_of(marked(Twice(), 4))
    first, *sines, second, _ = layers
    assert [layer.name for layer in sines] == ["exits.0.sin", "exits.0.sin_1", "exits.0.sin_2"]
    assert (first.name, first.kind) == (second.name, second.kind) == ("exits.0.layer", "linear layer")
    assert first.call != second.call
    assert len({*layers}) == 6


def test_all_operators_of_a_module_can_be_taken_for_one_layer() -> None:
    layer = AuthoredLayer("exits.0.1", "Own")
    graph = marked(
        nn.Sequential(nn.ReLU(), Own(torch.sin, nn.Linear(4, 4)), *[nn.ReLU()] * 8, nn.Sigmoid()), 4
    )
    before = layers_of(graph)
    attribute(graph, layer)
    assert layers_of(graph) == [before[0], layer, *before[3:]], "`exits.0.10` is no module of `exits.0.1`"
    operators = [str(node.target) for node in graph.graph.nodes if is_of(node, layer)]
    assert operators == ["aten.linear.default", "aten.sin.default"]


def test_a_layer_that_no_call_is_known_of_has_none() -> None:
    assert AuthoredLayer("exits.0", "Own") == AuthoredLayer("exits.0", "Own", call="")
