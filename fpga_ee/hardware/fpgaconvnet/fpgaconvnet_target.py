"""The target ``fpgaconvnet``: its resources, our cycles, and our units for those that it lacks."""

from collections.abc import Sequence
from functools import cache
from math import ceil

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet import units
from fpga_ee.hardware.fpgaconvnet.layers import kind_of, model_of
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.search.target import PublishedFigures, Target, Unit
from fpga_ee.hardware.timing.passages import Passage

NOTES = tuple(
    " ".join(note.split())
    for note in (
        """LUT, FF, DSP and BRAM of convolution, pooling and linear layers are fpgaConvNet's. Intervals,
        latencies, ReLU, requantisation, bias adders, width converters and early-exit units are our own
        model.""",
        """fpgaConvNet counts its bias module where a layer has no bias and leaves it out where it has one. It
        is left out everywhere here, and an adder per output stream counted instead.""",
        """fpgaConvNet spends at least one BRAM on every buffer, also on a buffer of a few words that hardware
        keeps in LUTs, so its BRAM figures are high.""",
        """fpgaConvNet's LUT and FF of a convolution do not depend on how many taps are parallel.""",
    )
)
"""Facts that a reader of the figures must know; they are printed with the figures."""


def _feasible(layer: Layer) -> list[Folding]:
    return model_of(layer).foldings()


def _interval(layer: Layer, folding: Folding) -> int:
    return model_of(layer).interval(folding)


def _passage(layer: Layer, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
    """Compute the passage of a sample out of a layer that holds no other sample, as one row.

    A layer is busy from the first word until its interval has passed and the last word has come. The first
    output leaves when the needed share of that time has passed. So a slow layer is counted once, however many
    layers wait for it. Windows fill at a steady pace, so only the begin and the end of a sample matter.
    """
    (rows,) = entering
    model, first, last = model_of(layer), rows[0].first, rows[-1].last
    done = max(first + model.interval(folding), last)
    begun = first + ceil(model.first_output_after() * (done - first))
    delay = model.registers(folding)
    return [Passage(begun + delay, done + delay)]


def _resources(layer: Layer, folding: Folding) -> Resources:
    return model_of(layer).resources(folding)


def _entry(_image: FeatureMap, _streams: int) -> Resources:
    return Resources()


def _nothing(_passing: FeatureMap, _streams: int, _count: int) -> Resources:
    """Count forks and the queues of joins: fpgaConvNet has no layer that joins."""
    return Resources()


def _converter(passing: FeatureMap, streams_in: int, streams_out: int, _reader: Layer | None) -> Resources:
    return units.width_converter(passing, streams_in, streams_out)


def _decision(decision: Decision, _stage: int) -> Unit:
    return units.decision(decision)


def _merge(logits: FeatureMap, exits: int) -> Unit | None:
    # A single stage has no early exits: nothing to merge.
    return units.exit_merge(logits, exits) if exits > 1 else None


def _published(layer: Layer, folding: Folding) -> PublishedFigures | None:
    return model_of(layer).published(folding)


def _source(layer: Layer | None) -> str:
    return "own model" if layer is None else kind_of(layer).source


FPGACONVNET = Target(
    name="fpgaconvnet",
    feasible=_feasible,
    interval=_interval,
    passage=_passage,
    # The network without exits and deeper buffers ask for the same layers again.
    resources=cache(_resources),
    entry=_entry,
    converter=_converter,
    fork=_nothing,
    queue=_nothing,
    split=units.split,
    decision=_decision,
    buffer=units.conditional_buffer,
    merge=_merge,
    published=_published,
    source=_source,
    models="own model, fpgaConvNet's resources",
    notes=NOTES,
)
