"""Runs inside the simulator, with cocotb: an accelerator between the AXI4-Stream ends of cocotbext-axi.

The environment variable TRAFFIC names a JSON file with the fed beats, the pauses, and the right results.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, with_timeout
from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

TRAFFIC = json.loads(Path(os.environ["TRAFFIC"]).read_text())
RESULT = 4
"""Bytes of a result's beat: a logit of two, the exit, the label."""


@cocotb.test
@cocotb.parametrize(round=range(len(TRAFFIC)))
async def results_are_those_of_onnx_runtime(dut: Any, round: int) -> None:  # noqa: A002 - names the test
    traffic = TRAFFIC[round]
    random = Random(round)
    cocotb.start_soon(Clock(dut.clk, 10, "ns").start())
    dut.cfg_valid.value = 0
    dut.rst.value = 1
    source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, dut.rst)
    sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, dut.rst, byte_lanes=RESULT)
    for _ in range(4):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    cocotb.start_soon(offered_beats_stay(dut))
    source.set_pause_generator(pauses(random, traffic["pauses"]["source"]))
    sink.set_pause_generator(pauses(random, traffic["pauses"]["sink"]))
    for batch in traffic["batches"]:
        await write_bounds(dut, batch["bounds"])
        for sample in batch["samples"]:
            await source.send(AxiStreamFrame(bytes(sample["image"]), tid=sample["id"]))
        left = {sample["id"]: sample for sample in batch["samples"]}
        while left:
            frame = await with_timeout(sink.recv(compact=False), 1, "ms")
            # One ID for all beats of a result, and every ID once.
            (number,) = set(frame.tid)
            assert result(frame) == left.pop(number)["result"], f"sample {number}"
    assert sink.empty()


def result(frame: AxiStreamFrame) -> dict[str, Any]:
    """Logits, exit and label of a result; the exit is the same beside every logit."""
    beats = [bytes(frame.tdata[at : at + RESULT]) for at in range(0, len(frame.tdata), RESULT)]
    (exit_,) = {beat[2] for beat in beats}
    logits = [int.from_bytes(beat[:2], "little", signed=True) for beat in beats]
    return {"logits": logits, "exit": exit_, "label": beats[-1][3]}


def pauses(random: Random, percent: int) -> Iterator[bool]:
    """Pauses of any length: single cycles, and gaps in which a sample passes whole."""
    while True:
        paused = random.randrange(100) < percent
        for _ in range(random.choice([1, 1, 1, 2, 5, 40])):
            yield paused


async def write_bounds(dut: Any, bounds: list[list[int]]) -> None:
    """Write the thresholds of all exits."""
    for exit_, address, bound in bounds:
        dut.cfg_valid.value = 1
        dut.cfg_exit.value = exit_
        dut.cfg_address.value = address
        dut.cfg_data.value = bound
        await RisingEdge(dut.clk)
    dut.cfg_valid.value = 0


async def offered_beats_stay(dut: Any) -> None:
    """AXI4-Stream: a beat that is offered and not taken is offered again, unchanged."""
    ends = (dut.m_axis_tvalid, dut.m_axis_tdata, dut.m_axis_tid, dut.m_axis_tlast)
    waiting = None
    while True:
        await RisingEdge(dut.clk)
        offered = [int(end.value) for end in ends]
        assert waiting is None or offered == waiting, "an offered beat was withdrawn or changed"
        waiting = offered if offered[0] and not dut.m_axis_tready.value else None
