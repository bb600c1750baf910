"""Random layers and design spaces for the property tests."""

from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.network.window import Window
from fpga_ee.hardware.search.space_nodes import Edge, Option, SpaceNode, SpaceNodes

WORD = FixedPoint(8, signed=False, frac=4)
SUM = FixedPoint(24, signed=True, frac=8)


@st.composite
def windows(draw: st.DrawFn, kernel: int = 4) -> Window:
    side = draw(st.integers(1, kernel))
    stride = draw(st.integers(1, 3))
    padding = draw(st.tuples(*[st.integers(0, 2)] * 4))
    return Window((side, side), (stride, stride), padding)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """A small layer of any kind, consistent in its shapes."""
    groups = draw(st.integers(1, 2))
    channels = groups * draw(st.integers(1, 4))
    entering = FeatureMap(channels, draw(st.integers(4, 8)), draw(st.integers(4, 8)), WORD)
    kind = draw(st.sampled_from(["convolution", "pooling", "linear", "relu"]))
    window = draw(windows())
    rows, cols = window.output(entering.rows, entering.cols)
    match kind:
        case "convolution":
            filters = groups * draw(st.integers(1, 4))
            return Convolution(
                kind, entering, FeatureMap(filters, rows, cols, SUM), window, WORD, SUM, groups
            )
        case "pooling":
            return Pooling(kind, entering, FeatureMap(channels, rows, cols, WORD), window)
        case "linear":
            return Linear(kind, entering, FeatureMap(draw(st.integers(1, 12)), 1, 1, SUM), WORD, SUM)
        case _:
            return Relu(kind, entering, entering)


def joiner(streams_in: int, streams_out: int) -> Resources:
    """A converter whose cost has no structure that a search could lean on."""
    if streams_in == streams_out:
        return Resources()
    return Resources(lut=3 * streams_in + streams_out, ff=(5 * streams_in + 7 * streams_out) % 4, bram=1)


def particular(streams_in: int, streams_out: int) -> Resources | None:
    """A converter that some numbers of streams do not have."""
    return None if (streams_in, streams_out) in {(1, 2), (2, 1), (3, 1)} else Resources(ff=1)


@st.composite
def options(draw: st.DrawFn) -> Option:
    counts = [draw(st.integers(0, 6)) for _ in range(4)]
    streams = [draw(st.sampled_from([1, 2, 3])) for _ in range(2)]
    interval = draw(st.integers(1, 5))
    return Option(*streams, float(interval), Resources(*counts), interval)


@st.composite
def spaces(draw: st.DrawFn) -> SpaceNodes:
    """A graph of at most five nodes, with forks and joins, and at most three options for each node."""
    nodes: list[SpaceNode] = []
    for index in range(draw(st.integers(1, 5))):
        sources = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=2)) if nodes else []
        edges = tuple(
            Edge(each.name, draw(st.sampled_from([joiner, joiner, particular]))) for each in sources
        )
        chosen = tuple(draw(st.lists(options(), min_size=1, max_size=3, unique=True)))
        nodes.append(SpaceNode(f"node {index}", 0, chosen, edges))
    return tuple(nodes)
