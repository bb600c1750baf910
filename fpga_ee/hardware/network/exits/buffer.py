"""Conditional buffer: feature maps and logits wait for the verdict of an exit."""

from dataclasses import dataclass, replace

from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

LOGITS_HELD = 3
"""Samples whose logits can wait for a verdict: two are in the decision, one is between."""


@dataclass(frozen=True)
class _Waiting:
    """Samples that wait for their verdict.

    Attributes:
        base: Name of the buffer.
        leaving: Name of the stream of the samples that are kept.
        keep: The verdict of the samples that are kept.
        samples: Number of samples that the buffer has room for.
        stage: The stage that the kept samples belong to.
    """

    base: str
    leaving: str
    keep: int
    samples: int
    stage: int


def waiting_feature_maps(drawing: Drawing, feature_map: Stream, verdict: Stream, samples: int) -> Stream:
    """Buffer feature maps until their verdicts are known. Give the maps of samples that go on."""
    index = feature_map.stage
    waiting = _Waiting(f"buffer_{index}", f"late_{index}", 0, samples, index + 1)
    return _buffered(drawing, waiting, feature_map, verdict)


def waiting_logits(drawing: Drawing, logits: Stream, verdict: Stream) -> Stream:
    """Buffer logits until their verdicts are known. Give the logits of samples that leave."""
    index = logits.stage
    waiting = _Waiting(f"logits_buffer_{index}", f"result_{index}", 1, LOGITS_HELD, index)
    return _buffered(drawing, waiting, logits, verdict)


def _buffered(drawing: Drawing, waiting: _Waiting, current: Stream, verdict: Stream) -> Stream:
    leaving = replace(current, base=waiting.leaving, has_id=True, layer=None, stage=waiting.stage)
    module = ConditionalBuffer(
        width=current.width,
        beats=current.beats,
        samples=waiting.samples,
        id_bits=SAMPLE_ID_BITS,
        keep=waiting.keep,
    )
    drawing.add(
        Block(
            waiting.base,
            module,
            {"in": current, "verdict": verdict},
            {"out": leaving},
            note=f"room for {waiting.samples} samples of {current.beats} beats",
            interval=module.sample_interval(current.beats),
        )
    )
    return leaving
