"""Hardware graphs of the published networks, made by hand; the readers must find them in the files."""

from collections.abc import Iterable
from dataclasses import replace

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpgaconvnet.fpgaconvnet_target import FPGACONVNET
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Decision, HardwareGraph, Stage, Table
from fpga_ee.hardware.network.layer_graph import LayerGraph, chain_of
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space

IMAGE = FeatureMap(1, 28, 28, FixedPoint(8, signed=False, frac=8))
WEIGHT = FixedPoint(7, signed=True, frac=6)
BIAS = FixedPoint(32, signed=True, frac=12)
ACCUMULATOR = FixedPoint(24, signed=True, frac=12)
ACTIVATION = FixedPoint(8, signed=False, frac=5)
LOGITS = FixedPoint(16, signed=True, frac=4)


def conv_pool_relu(
    name: str, entering: FeatureMap, filters: int, kernel: int, padding: int
) -> tuple[Layer, ...]:
    """Convolution, requantisation, 2x2 pooling, ReLU."""
    window = Window((kernel, kernel), padding=(padding,) * 4)
    rows, cols = window.output(entering.rows, entering.cols)
    sums = FeatureMap(filters, rows, cols, ACCUMULATOR)
    words = FeatureMap(filters, rows, cols, ACTIVATION)
    halves = Window((2, 2), stride=(2, 2))
    pooled = FeatureMap(filters, *halves.output(rows, cols), ACTIVATION)
    return (
        Convolution(f"{name}.layer.0", entering, sums, window, WEIGHT, BIAS),
        Requantise(f"{name}.layer.0.requantise", sums, words),
        Pooling(f"{name}.layer.1", words, pooled, halves),
        Relu(f"{name}.layer.2", pooled, pooled),
    )


def linear(name: str, entering: FeatureMap, outputs: int, format_: FixedPoint) -> tuple[Layer, ...]:
    """A linear layer and its requantisation."""
    sums = FeatureMap(outputs, 1, 1, ACCUMULATOR)
    return (
        Linear(name, entering, sums, WEIGHT, BIAS),
        Requantise(f"{name}.requantise", sums, FeatureMap(outputs, 1, 1, format_)),
    )


def b_lenet(hidden: bool) -> HardwareGraph:
    """B_Lenet_fcn with its hidden linear layer, B_Lenet_se without."""
    first = conv_pool_relu("backbone.0", IMAGE, 5, 5, 4)
    side = conv_pool_relu("exits.0.0", first[-1].output, 10, 3, 1)
    side += linear("exits.0.2", side[-1].output, 10, LOGITS)
    second = conv_pool_relu("backbone.1.0", first[-1].output, 10, 5, 4)
    second += conv_pool_relu("backbone.1.1", second[-1].output, 20, 5, 3)
    if hidden:
        second += linear("backbone.1.3", second[-1].output, 84, FixedPoint(8, signed=True, frac=4))
    last = linear("exits.1.0", second[-1].output, 10, LOGITS)
    decision = Decision("decision.0", side[-1].output, "top1", (Table(189, 17),))
    name = "B_Lenet_fcn" if hidden else "B_Lenet_se"
    return HardwareGraph(
        name,
        (Stage(chain_of(first), chain_of(side), decision), Stage(chain_of(second), chain_of(last), None)),
    )


B_LENET_FCN = b_lenet(hidden=True)
B_LENET_SE = b_lenet(hidden=False)


def three_exits() -> HardwareGraph:
    """The first stage of B_Lenet_fcn, one that begins as its second does, and a ReLU with its exit."""
    first, second = B_LENET_FCN.stages

    def again(name: str, layers: Iterable[Layer]) -> LayerGraph:
        return chain_of(replace(layer, name=f"{name}.{layer.name}") for layer in layers)

    decision = replace(first.decision, name="decision.1")
    middle = Stage(again("middle", first.backbone.layers[1:4]), again("middle", first.exit), decision)
    last = Stage(again("third", second.backbone.layers[3:4]), again("third", first.exit), None)
    return HardwareGraph("three", (first, middle, last))


THREE_EXITS = three_exits()


def shapes(layers: tuple[Layer, ...]) -> list[tuple[object, ...]]:
    """List each layer's kind, shape and arithmetic, without its name and formats."""

    def size(layer: Layer) -> tuple[int, ...]:
        entering, leaving = layer.input, layer.output
        return (
            *(entering.channels, entering.rows, entering.cols),
            *(leaving.channels, leaving.rows, leaving.cols),
        )

    return [(type(layer), size(layer), getattr(layer, "window", None)) for layer in layers]


def same_network(one: HardwareGraph, other: HardwareGraph) -> bool:
    return [(shapes(s.backbone), shapes(s.exit)) for s in one.stages] == [
        (shapes(s.backbone), shapes(s.exit)) for s in other.stages
    ]


def on_zc706(graph: HardwareGraph, late_rate: float, fraction: float = 1.0) -> Space:
    """The space of fpgaConvNet's designs of a network with one early exit, on a share of a ZC706."""
    budget = Budget(boards.load("zc706"), (fraction,) * 4, 125)
    return Space(graph, (late_rate,), budget, FPGACONVNET, (1,))
