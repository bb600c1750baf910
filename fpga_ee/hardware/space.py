"""From a hardware graph to the tree of blocks that the search walks."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware import units
from fpga_ee.hardware.cycles import interval
from fpga_ee.hardware.explore import Block, Option
from fpga_ee.hardware.folding import Folding, divisors, feasible
from fpga_ee.hardware.graph import FeatureMap, HardwareGraph, Layer
from fpga_ee.hardware.resources import Resources
from fpga_ee.hardware.units import Unit

LayerCost = Callable[[Layer, Folding], Resources]
"""Resources of a layer at a folding."""


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
    graph: HardwareGraph, late_rates: Sequence[float], cost: LayerCost, buffered: Sequence[int]
) -> Block:
    """All designs of a network with its early-exit units.

    Args:
        graph: The network.
        late_rates: Part of all samples that reaches the second and each later stage.
        cost: Resources of a layer at a folding.
        buffered: Samples that the conditional buffer behind each stage but the last holds.

    Returns:
        The tree of blocks: layers and, where the graph has early exits, ``split.<i>``, ``decision.<i>``,
        ``buffer.<i>`` and ``merge``.

    Raises:
        FpgaEeError: The late rates do not fit the graph, or the buffer holds no sample.
    """
    reaching = checked_late_rates(graph, late_rates)
    wanted = len(graph.stages) - 1
    if len(buffered) != wanted:
        raise FpgaEeError(f"{graph.name} needs {wanted} depths of conditional buffers, got {len(buffered)}")
    for depth in buffered:
        if depth < 1:
            raise FpgaEeError(f"a conditional buffer of {depth} samples deadlocks: it must hold 1 at least")
    following: tuple[Block, ...] = ()
    for index in reversed(range(len(graph.stages))):
        stage, rate = graph.stages[index], reaching[index]
        leaving = stage.exit[-1].output
        if stage.decision is None:
            # One stage alone is a network without early exits: nothing to merge.
            merge = units.exit_merge(leaving, len(graph.stages)) if len(graph.stages) > 1 else None
            results = (_serial(merge, leaving, 1.0),) if merge else ()
            following = _chain(stage.exit, rate, cost, results)
        else:
            decision = _serial(units.decision(stage.decision), leaving, rate)
            buffer = partial(units.conditional_buffer, samples=buffered[index], index=index)
            following = (
                _parallel(
                    partial(units.split, index=index),
                    stage.feature_map,
                    rate,
                    (
                        *_chain(stage.exit, rate, cost, (decision,)),
                        _parallel(buffer, stage.feature_map, rate, following),
                    ),
                ),
            )
        following = _chain(stage.backbone, rate, cost, following)
    return following[0]


def _chain(
    layers: Sequence[Layer], rate: float, cost: LayerCost, following: tuple[Block, ...]
) -> tuple[Block, ...]:
    for layer in reversed(layers):
        options = tuple(
            Option(
                folding.streams_in,
                folding.streams_out,
                interval(layer, folding) * rate,
                cost(layer, folding),
                folding,
            )
            for folding in feasible(layer)
        )
        following = (Block(layer.name, options, partial(units.width_converter, layer.input), following),)
    return following


def _parallel(
    unit: Callable[[FeatureMap, int], Unit], passing: FeatureMap, rate: float, following: tuple[Block, ...]
) -> Block:
    """A unit that takes as many streams as it gives."""
    built = [(streams, unit(passing, streams)) for streams in divisors(passing.channels)]
    options = tuple(Option(n, n, made.interval * rate, made.resources, made) for n, made in built)
    return Block(built[0][1].name, options, partial(units.width_converter, passing), following)


def _serial(unit: Unit, entering: FeatureMap, rate: float) -> Block:
    """A unit that takes one word at a time and ends a branch."""
    option = Option(1, 1, unit.interval * rate, unit.resources, unit)
    return Block(unit.name, (option,), partial(units.width_converter, entering))
