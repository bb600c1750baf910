"""Layers of a stage as a graph: forks and joins, values that are carried along it, and its refusals."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layer_graph import LayerGraph, Node, chain_of

WORD = FixedPoint(8, signed=True, frac=4)


@dataclass(frozen=True)
class Part:
    """The attributes of a layer that a graph uses: its name, its inputs and its output."""

    name: str
    inputs: tuple[FeatureMap, ...]
    output: FeatureMap


def maps(channels: int) -> FeatureMap:
    return FeatureMap(channels, 4, 4, WORD)


def part(name: str, inputs: int = 1, channels: int = 2) -> Part:
    return Part(name, (maps(channels),) * inputs, maps(channels))


def node(name: str, *sources: str | None) -> Node:
    return Node(part(name, len(sources)), sources)


RESIDUAL = LayerGraph(
    (node("head", None), node("left", "head"), node("right", "head"), node("sum", "left", "right"))
)
"""The output of the first is read twice, and the last reads both branches."""

SKIP = LayerGraph((node("only", None), node("sum", "only", None)))
"""The graph's input itself is read twice."""


def path(layer: Part, values: Sequence[str]) -> str:
    return f"{layer.name}({', '.join(values)})"


def names(graph: LayerGraph) -> list[str]:
    return [layer.name for layer in graph]


class TestThrough:
    def test_a_chain_hands_each_value_to_the_next(self) -> None:
        chain = chain_of([part("a"), part("b"), part("c")])
        assert chain.through("x", path) == {"a": "a(x)", "b": "b(a(x))", "c": "c(b(a(x)))"}
        assert chain.leaving("x", path) == "c(b(a(x)))"

    def test_both_readers_of_a_fork_get_its_value_and_a_join_gets_one_of_each(self) -> None:
        assert RESIDUAL.leaving("x", path) == "sum(left(head(x)), right(head(x)))"
        assert SKIP.leaving("x", path) == "sum(only(x), x)"

    def test_a_layer_is_asked_once_however_many_read_it(self) -> None:
        asked = []

        def step(layer: Part, values: Sequence[str]) -> str:
            asked.append(layer.name)
            return path(layer, values)

        RESIDUAL.through("x", step)
        assert asked == ["head", "left", "right", "sum"]

    def test_the_value_at_the_output_comes_last(self) -> None:
        assert list(RESIDUAL.through("x", path)) == ["head", "left", "right", "sum"]

    def test_the_order_of_a_joins_sources_is_that_of_its_inputs(self) -> None:
        turned = LayerGraph((*RESIDUAL.nodes[:3], node("sum", "right", "left")))
        assert turned.leaving("x", path) == "sum(right(head(x)), left(head(x)))"


class TestChanged:
    def test_every_layer_is_made_anew_from_the_values_that_enter_it(self) -> None:
        def wider(layer: Part, channels: Sequence[int]) -> tuple[Part, int]:
            return part(layer.name, len(channels), sum(channels)), sum(channels)

        changed = RESIDUAL.changed(3, wider)
        assert [layer.output.channels for layer in changed] == [3, 3, 3, 6]
        assert changed.sources == RESIDUAL.sources

    def test_the_values_are_those_of_the_new_layers(self) -> None:
        changed = SKIP.changed("x", lambda layer, values: (layer, path(layer, values)))
        assert changed == SKIP


class TestWithout:
    def test_readers_of_a_layer_that_is_left_out_read_what_it_read(self) -> None:
        found = RESIDUAL.without(lambda layer: layer.name == "left")
        assert found.sources == {"head": (None,), "right": ("head",), "sum": ("head", "right")}

    def test_several_in_a_row(self) -> None:
        chain = chain_of(map(part, "abcd"))
        found = chain.without(lambda layer: layer.name in "bc")
        assert found.sources == {"a": (None,), "d": ("a",)}

    def test_one_that_forks_the_input_leaves_readers_of_the_input(self) -> None:
        found = RESIDUAL.without(lambda layer: layer.name == "head")
        assert found.sources == {"left": (None,), "right": (None,), "sum": ("left", "right")}

    def test_one_at_the_output_leaves_the_output_to_the_one_before(self) -> None:
        chain = chain_of(map(part, "abc"))
        assert names(chain.without(lambda layer: layer.name == "c")) == ["a", "b"]

    def test_of_a_graph_of_these_alone_the_first_stays(self) -> None:
        assert names(chain_of(map(part, "abc")).without(lambda _: True)) == ["a"]

    def test_without_any_it_is_the_same(self) -> None:
        assert RESIDUAL.without(lambda _: False) == RESIDUAL


class TestThen:
    def test_what_read_the_input_of_the_graph_behind_reads_the_output_of_the_first(self) -> None:
        both = chain_of([part("a"), part("b")]).then(SKIP)
        assert names(both) == ["a", "b", "only", "sum"]
        assert both.sources == {"a": (None,), "b": ("a",), "only": ("b",), "sum": ("only", "b")}

    def test_both_carry_what_one_behind_the_other_carries(self) -> None:
        behind = chain_of([part("c"), part("d")])
        assert RESIDUAL.then(behind).leaving("x", path) == behind.leaving(RESIDUAL.leaving("x", path), path)


class TestEnds:
    def test_the_input_is_that_of_a_layer_that_reads_it(self) -> None:
        two = Node(Part("sum", (maps(5), maps(7)), maps(1)), ("other", None))
        assert LayerGraph((Node(part("other", channels=7), (None,)), two)).input == maps(7)
        # Here only the second operand of a join is the graph's input.
        head = Node(Part("head", (maps(3),), maps(5)), (None,))
        assert LayerGraph((head, node("tail", "head"))).input == maps(3)

    def test_the_output_is_that_of_the_last_layer(self) -> None:
        last = Part("last", (maps(2),), maps(9))
        assert chain_of([part("first"), last]).output == maps(9)

    def test_layers_come_in_their_order(self) -> None:
        assert names(RESIDUAL) == ["head", "left", "right", "sum"]
        assert RESIDUAL.layers == tuple(RESIDUAL)


class TestRefusals:
    @pytest.mark.parametrize("empty", [lambda: LayerGraph(()), lambda: chain_of(())])
    def test_no_layer(self, empty: object) -> None:
        with pytest.raises(
            FpgaEeError, match="it holds no layer: backbone parts and exits need at least one"
        ):
            empty()  # type: ignore[operator]

    def test_a_layer_that_reads_one_behind_it(self) -> None:
        with pytest.raises(FpgaEeError, match="layer a reads b, which does not stand before it"):
            LayerGraph((node("a", "b"), node("b", None)))

    def test_a_layer_that_reads_itself(self) -> None:
        with pytest.raises(FpgaEeError, match="layer a reads a, which does not stand before it"):
            LayerGraph((node("a", "a"),))

    def test_a_layer_that_reads_one_that_is_not_there(self) -> None:
        with pytest.raises(FpgaEeError, match="layer b reads c, which does not stand before it"):
            LayerGraph((node("a", None), node("b", "c")))

    @pytest.mark.parametrize("sources", [(None,), (None, None, None)])
    def test_another_number_of_layers_than_it_has_inputs(self, sources: tuple[None, ...]) -> None:
        with pytest.raises(FpgaEeError, match=f"layer sum reads 2 feature maps, not {len(sources)}"):
            LayerGraph((Node(part("sum", inputs=2), sources),))

    def test_a_layer_that_nobody_reads(self) -> None:
        with pytest.raises(FpgaEeError, match="nobody reads the output of layer left: leave the layer out"):
            LayerGraph((node("head", None), node("left", "head"), node("right", "head")))
