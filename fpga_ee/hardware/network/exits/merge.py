"""Exit merge: the results of all exits as one stream, in the order in which they are ready."""

from collections.abc import Sequence

from fpga_ee.hardware.diagram.diagram import Block, Ports
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.exit_merge import ExitMerge
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

LABEL_BITS = 8
EXIT_BITS = 8


def merged(drawing: Drawing, results: Sequence[Stream], logits: FeatureMap) -> Stream:
    """Join the results of all exits, sample by sample."""
    bits, classes = logits.format.bits, logits.channels
    leaving = Stream(
        "results", 1, LABEL_BITS + EXIT_BITS + bits, False, classes, len(results) - 1, has_id=True
    )
    module = ExitMerge(
        exits=len(results),
        bits=bits,
        classes=classes,
        id_bits=SAMPLE_ID_BITS,
        label_bits=LABEL_BITS,
        exit_bits=EXIT_BITS,
    )
    note = "one stream of {label, exit index, logit}, sample by sample"
    inputs = {"in": Ports(tuple(results))}
    cycles = module.sample_interval(classes)
    drawing.add(Block("merge", module, inputs, {"out": leaving}, note=note, interval=cycles))
    return leaving
