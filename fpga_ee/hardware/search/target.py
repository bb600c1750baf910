"""A target: the hardware that designs are made of, with its speed and its cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.timing.passages import Passage


@dataclass(frozen=True)
class Unit:
    """One early-exit unit: a split, a decision, a conditional buffer or the merge.

    Attributes:
        resources: Its resources.
        interval: Cycles between two samples.
        latency: Cycles that it adds to a sample, from the sample's last word in to its result.
    """

    resources: Resources
    interval: int
    latency: int


@dataclass(frozen=True)
class PublishedFigures:
    """The figures of another model for a layer, unchanged.

    Attributes:
        resources: Its resources.
        interval: Its cycles between two samples.
    """

    resources: Resources
    interval: int


@dataclass(frozen=True)
class Target:
    """Hardware that a search chooses from, as functions of a layer or a unit.

    Attributes:
        name: Its name, as ``--target`` takes it.
        feasible: Lists all foldings of a layer; raises FpgaEeError for a layer that the hardware lacks.
        interval: Cycles between two samples of a layer with a folding.
        passage: The passage of a sample's rows out of a layer with a folding, from their passage into it. The
            layer holds no other sample. A target that does not tell rows apart gives the sample as one row.
        resources: Resources of a layer with a folding.
        entry: Resources before the first layer, by the image and the words that the layer takes per cycle.
        converter: Resources that join a number of streams of a feature map to another number, for the layer
            that reads them, or for a unit (None); none where the numbers are equal.
        fork: Resources that give so many streams of a feature map to so many readers.
        queue: Resources of the queue in which so many words of a feature map wait, of so many streams.
        split: The unit that gives a feature map, in a number of streams, to exit and buffer.
        decision: The unit that decides, by the decision and the index of its stage.
        buffer: The conditional buffer of a feature map, by streams and samples that it holds.
        merge: The unit that joins the results of several exits; None where there is nothing to join.
        published: Figures of another model, shown beside those of a layer; None where there are none.
        source: The model of the resources of a layer, or of a unit (None).
        models: The models of a whole design, in a few words.
        notes: Facts that a reader of the figures must know; they are printed with the figures.
    """

    name: str
    feasible: Callable[[Layer], list[Folding]]
    interval: Callable[[Layer, Folding], int]
    passage: Callable[[Layer, Folding, Sequence[Sequence[Passage]]], Sequence[Passage]]
    resources: Callable[[Layer, Folding], Resources]
    entry: Callable[[FeatureMap, int], Resources]
    converter: Callable[[FeatureMap, int, int, Layer | None], Resources]
    fork: Callable[[FeatureMap, int, int], Resources]
    queue: Callable[[FeatureMap, int, int], Resources]
    split: Callable[[FeatureMap, int], Unit]
    decision: Callable[[Decision, int], Unit]
    buffer: Callable[[FeatureMap, int, int], Unit]
    merge: Callable[[FeatureMap, int], Unit | None]
    published: Callable[[Layer, Folding], PublishedFigures | None]
    source: Callable[[Layer | None], str]
    models: str
    notes: tuple[str, ...]
