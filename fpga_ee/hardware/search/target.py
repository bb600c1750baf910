"""What a design can be made of: the foldings that hardware has, how fast they are and what they cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpgaconvnet.units import Unit
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.timing.passages import Passage


@dataclass(frozen=True)
class Published:
    """What another model says of a layer, unchanged.

    Attributes:
        resources: Its resources.
        interval: Its cycles between two samples.
    """

    resources: Resources
    interval: int


@dataclass(frozen=True)
class Library:
    """Hardware that a search chooses from.

    Attributes:
        name: Its name, as ``--target`` takes it.
        feasible: All foldings of a layer; raises FpgaEeError for a layer that there is no hardware for.
        interval: Cycles between two samples of a layer at a folding.
        passage: When the rows of a sample leave a layer at a folding that holds no other, from when they
            enter; a library that does not tell rows apart gives the whole sample as one.
        resources: What a layer takes at a folding.
        entry: What stands before the first layer, by the words that it takes a cycle.
        converter: What joins so many streams of a feature map to so many others, for the layer that reads
            them or a unit (None); nothing where they agree.
        split: Gives a stage's feature map, by streams and the stage's index, to exit and buffer.
        decision: The exit's decision.
        buffer: The conditional buffer, by streams, samples that it holds, and the stage's index.
        merge: What joins the results of so many exits; None where nothing has to.
        published: Figures of another model, to stand beside those of a layer; None where there are none.
        source: Where the resources of a layer, or of a unit (None), are from.
        models: The same in a few words for all of a design.
        notes: What must be known to read the figures; printed with them.
    """

    name: str
    feasible: Callable[[Layer], list[Folding]]
    interval: Callable[[Layer, Folding], int]
    passage: Callable[[Layer, Folding, Sequence[Sequence[Passage]]], Sequence[Passage]]
    resources: Callable[[Layer, Folding], Resources]
    entry: Callable[[FeatureMap, int], Resources]
    converter: Callable[[FeatureMap, int, int, Layer | None], Resources]
    split: Callable[[FeatureMap, int, int], Unit]
    decision: Callable[[Decision], Unit]
    buffer: Callable[[FeatureMap, int, int, int], Unit]
    merge: Callable[[FeatureMap, int], Unit | None]
    published: Callable[[Layer, Folding], Published | None]
    source: Callable[[Layer | None], str]
    models: str
    notes: tuple[str, ...]
