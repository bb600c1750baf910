"""Conditional buffer: feature maps and logits wait for the verdict of an exit."""

from dataclasses import dataclass, replace

from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

LOGITS_HELD = 3
"""Samples whose logits can wait for their verdict: two in the decision, one between."""


@dataclass(frozen=True)
class _Waiting:
    """Samples that wait.

    Attributes:
        base: Name of the buffer.
        leaving: Name of the stream of samples that are kept.
        keep: The verdict of samples that are kept.
        samples: Samples that there is room for.
        stage: The stage that kept samples belong to.
    """

    base: str
    leaving: str
    keep: int
    samples: int
    stage: int


def waiting_feature_maps(drawing: Drawing, feature_map: Stream, verdict: Stream, samples: int) -> Stream:
    """Keep feature maps until their verdicts are known; those of samples that go on to the next stage."""
    index = feature_map.stage
    waiting = _Waiting(f"buffer_{index}", f"late_{index}", 0, samples, index + 1)
    return _buffered(drawing, waiting, feature_map, verdict)


def waiting_logits(drawing: Drawing, logits: Stream, verdict: Stream) -> Stream:
    """Keep logits until their verdicts are known; those of samples that leave."""
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
