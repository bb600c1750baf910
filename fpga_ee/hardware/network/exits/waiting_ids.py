"""Sample IDs: they wait beside the layers of a stage, so that no layer carries them."""

from dataclasses import replace

from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.join_ids import JoinIds
from fpga_ee.hardware.library.sample_ids import SampleIds
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

IN_FLIGHT = 32
"""Samples whose IDs a stage can hold. Its layers hold fewer, and 32 IDs cost no more than 2."""


def ids_apart(drawing: Drawing, current: Stream) -> Stream:
    """Separate a stream from its IDs, which wait in a queue for the results."""
    stage = current.stage
    plain = replace(current, base=f"{current.base}_bare", has_id=False)
    fresh, waiting = id_stream(f"ids_{stage}_fresh", stage), waiting_ids(stage)
    module = SampleIds(width=current.width, id_bits=SAMPLE_ID_BITS)
    drawing.add(Block(f"ids_{stage}_off", module, {"in": current}, {"out": plain, "id": fresh}))
    drawing.entries.append(fresh)
    drawing.queue(fresh, waiting, IN_FLIGHT)
    return drawing.skid(plain, f"{current.base}_alone")


def with_ids(drawing: Drawing, logits: Stream) -> Stream:
    """Join the logits of the last exit with their IDs."""
    stage = logits.stage
    result = replace(logits, base=f"result_{stage}", has_id=True, layer=None)
    module = JoinIds(width=logits.width, id_bits=SAMPLE_ID_BITS)
    inputs = {"in": logits, "id": waiting_ids(stage)}
    drawing.add(Block(f"ids_{stage}_on", module, inputs, {"out": result}))
    return result


def waiting_ids(stage: int) -> Stream:
    """Name the stream of the IDs that wait in a stage."""
    return id_stream(f"ids_{stage}", stage)


def id_stream(base: str, stage: int) -> Stream:
    """Make a stream of IDs, one for each sample."""
    return Stream(base, 1, SAMPLE_ID_BITS, False, 1, stage, has_last=False)
