"""fpgaConvNet's hardware as a library: its resources, our cycles, and our units for what it does not have."""

from collections.abc import Sequence
from functools import cache

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet import units
from fpga_ee.hardware.fpgaconvnet.cycles import interval, passage
from fpga_ee.hardware.fpgaconvnet.foldings import feasible
from fpga_ee.hardware.fpgaconvnet.layers import NOTES, published, resources
from fpga_ee.hardware.fpgaconvnet.units import Unit
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.search.target import Library, Published
from fpga_ee.hardware.timing.passages import Passage


def _entry(_image: FeatureMap, _streams: int) -> Resources:
    return Resources()


def _merge(logits: FeatureMap, exits: int) -> Unit | None:
    # One stage alone is a network without early exits: nothing to merge.
    return units.exit_merge(logits, exits) if exits > 1 else None


def _converter(passing: FeatureMap, streams_in: int, streams_out: int, _reader: Layer | None) -> Resources:
    return units.width_converter(passing, streams_in, streams_out)


def _passage(layer: Layer, folding: Folding, entering: Sequence[Sequence[Passage]]) -> list[Passage]:
    # Its windows fill at a steady pace: when a sample begins and ends is all there is to know.
    (rows,) = entering
    return [passage(layer, folding, Passage(rows[0].first, rows[-1].last))]


def _published(layer: Layer, folding: Folding) -> Published | None:
    return published(layer, folding) if isinstance(layer, Convolution | Linear | Pooling) else None


def _source(layer: Layer | None) -> str:
    return "fpgaConvNet" if isinstance(layer, Convolution | Linear | Pooling) else "own model"


FPGACONVNET = Library(
    name="fpgaconvnet",
    feasible=feasible,
    interval=interval,
    passage=_passage,
    # Baseline and deeper buffers ask for the same layers again.
    resources=cache(resources),
    entry=_entry,
    converter=_converter,
    split=units.split,
    decision=units.decision,
    buffer=units.conditional_buffer,
    merge=_merge,
    published=_published,
    source=_source,
    models="own model, fpgaConvNet's resources",
    notes=NOTES,
)
