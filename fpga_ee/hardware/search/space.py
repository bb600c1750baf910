"""From a hardware graph to the tree of blocks that the search walks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.units import Unit
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import divisors
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.search.explore import Block, Option
from fpga_ee.hardware.search.target import Library


def checked_late_rates(graph: HardwareGraph, late_rates: Sequence[float]) -> tuple[float, ...]:
    """Part of all samples that reaches each stage, from the parts that reach the second and later ones.

    Raises:
        FpgaEeError: There is not one rate for every exit but the last, a rate is not in 0..1, or more samples
            reach a stage than the stage before it.
    """
    wanted = len(graph.stages) - 1
    if len(late_rates) != wanted:
        raise FpgaEeError(
            f"{graph.name} has {wanted + 1} exits, so it needs {wanted} late rates (the part of all samples "
            f"that goes on behind each exit but the last), got {len(late_rates)}"
        )
    reaching = (1.0, *late_rates)
    for before, rate in pairwise(reaching):
        if not 0 <= rate <= before:
            raise FpgaEeError(
                f"late rate {rate:g} is not between 0 and {before:g}, the part of all samples that reaches "
                "the stage before: give parts of all samples, not of those that reach the exit"
            )
    return reaching


def design_space(
    graph: HardwareGraph, late_rates: Sequence[float], library: Library, buffered: Sequence[int]
) -> Block:
    """All designs of a network with its early-exit units.

    Args:
        graph: The network.
        late_rates: Part of all samples that reaches the second and each later stage.
        library: The hardware that there is.
        buffered: Samples that the conditional buffer behind each stage but the last holds.

    Returns:
        The tree of blocks: layers and, as the library has them, ``split.<i>``, ``decision.<i>``,
        ``buffer.<i>`` and ``merge``.

    Raises:
        FpgaEeError: The late rates do not fit the graph, the buffer holds no sample, or the library does not
            have a layer.
    """
    reaching = checked_late_rates(graph, late_rates)
    wanted = len(graph.stages) - 1
    if len(buffered) != wanted:
        raise FpgaEeError(f"{graph.name} needs {wanted} depths of conditional buffers, got {len(buffered)}")
    for depth in buffered:
        if depth < 1:
            raise FpgaEeError(f"a conditional buffer of {depth} samples deadlocks: it must hold 1 at least")
    blocks = _Blocks(library)
    following: tuple[Block, ...] = ()
    for index in reversed(range(len(graph.stages))):
        stage, rate = graph.stages[index], reaching[index]
        leaving = stage.exit.output
        if stage.decision is None:
            merge = library.merge(leaving, len(graph.stages))
            results = (blocks.serial(merge, leaving, 1.0),) if merge else ()
            following = blocks.chain(stage.exit.layers, rate, results)
        else:
            decision = blocks.serial(library.decision(stage.decision), leaving, rate)
            buffer, split = _buffer(library, buffered[index], index), _split(library, index)
            exit_ = blocks.chain(stage.exit.layers, rate, (decision,))
            behind = blocks.parallel(buffer, stage.feature_map, rate, following)
            following = (blocks.parallel(split, stage.feature_map, rate, (*exit_, behind)),)
        following = blocks.chain(stage.backbone.layers, rate, following)
    return replace(following[0], converter=lambda _outside, streams: library.entry(graph.input, streams))


MakeUnit = Callable[[FeatureMap, int], Unit]
"""Makes a unit that takes as many streams as it gives."""


def _split(library: Library, index: int) -> MakeUnit:
    return lambda passing, streams: library.split(passing, streams, index)


def _buffer(library: Library, samples: int, index: int) -> MakeUnit:
    return lambda passing, streams: library.buffer(passing, streams, samples, index)


@dataclass(frozen=True)
class _Blocks:
    """Makes blocks of a library's parts."""

    library: Library

    def chain(self, layers: Sequence[Layer], rate: float, following: tuple[Block, ...]) -> tuple[Block, ...]:
        """Layers one after another."""
        for layer in reversed(layers):
            options = tuple(
                Option(
                    folding.streams_in,
                    folding.streams_out,
                    self.library.interval(layer, folding) * rate,
                    self.library.resources(layer, folding),
                    folding,
                )
                for folding in self.library.feasible(layer)
            )
            following = (Block(layer.name, options, self._converter(layer.inputs[0], layer), following),)
        return following

    def parallel(
        self, unit: MakeUnit, passing: FeatureMap, rate: float, following: tuple[Block, ...]
    ) -> Block:
        """A unit that takes as many streams as it gives."""
        built = [(streams, unit(passing, streams)) for streams in divisors(passing.channels)]
        options = tuple(Option(n, n, made.interval * rate, made.resources, made) for n, made in built)
        return Block(built[0][1].name, options, self._converter(passing), following)

    def serial(self, unit: Unit, entering: FeatureMap, rate: float) -> Block:
        """A unit that takes one word at a time and ends a branch."""
        option = Option(1, 1, unit.interval * rate, unit.resources, unit)
        return Block(unit.name, (option,), self._converter(entering))

    def _converter(self, passing: FeatureMap, reader: Layer | None = None) -> Callable[[int, int], Resources]:
        return lambda given, taken: self.library.converter(passing, given, taken, reader)
