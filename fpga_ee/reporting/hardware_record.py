"""A hardware estimate as JSON: every figure of the tables, with its source."""

from dataclasses import asdict
from itertools import pairwise
from typing import Any

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.search.assessment import Assessment
from fpga_ee.hardware.search.implementation import Implementation, Part
from fpga_ee.hardware.search.target import Target

OWN = "own model"

SCHEMA = 3
"""Version of the record; raised whenever a field changes."""


def warnings(assessment: Assessment) -> tuple[str, ...]:
    """Exits that all samples or none take: what is gained by them is not the gain of early exits."""
    reaching = (*assessment.space.reaching, 0.0)
    return unused_exits([here - further for here, further in pairwise(reaching)])


def notes(assessment: Assessment) -> list[str]:
    """What must be known to read the figures: of the models, of the board, and of the file read."""
    space, board = assessment.space, assessment.space.budget.board
    of_board = (
        f"The models count LUTs of six inputs and multipliers of 25 x 18 bits, but {board.name} has LUTs of "
        f"{board.lut_inputs}: take LUT and DSP for an order of magnitude."
    )
    of_rates = (
        "No sample goes on behind an exit whose late rate is 0, so the stages behind it are as small as they "
        "can be, and the gain is that of a network that ends there. Give --late-rate for another."
    )
    return [
        *(f"WARNING: {warning}" for warning in warnings(assessment)),
        *space.target.notes,
        *([of_board] if board.lut_inputs != 6 else []),
        *([of_rates] if 0 in space.late_rates else []),
        *space.graph.notes,
    ]


def hardware_record(assessment: Assessment) -> dict[str, Any]:
    """Everything of an assessment, ready for JSON. Intervals and latencies are in cycles, clocks in MHz."""
    space, chosen = assessment.space, assessment.chosen
    board = space.budget.board
    return {
        "schema": SCHEMA,
        "network": space.graph.name,
        "target": space.target.name,
        "board": asdict(board),
        "clock_mhz": space.budget.clock_mhz,
        "budget": dict(zip(RESOURCE_NAMES, space.budget.fraction, strict=True)),
        "late_rates": list(space.late_rates),
        "notes": notes(assessment),
        "throughput": assessment.throughput,
        "throughput_without_exits": assessment.throughput_without,
        "gain": assessment.gain,
        "excess": assessment.excess,
        "memory_mb_s": assessment.memory_mb_s,
        "latency_us": assessment.latencies_us,
        "latency_cycles": chosen.latencies(),
        "resources": asdict(chosen.resources),
        "shares": chosen.resources.shares(board.resources),
        "stages": [_stage(chosen, index) for index in range(len(space.graph.stages))],
        "parts": [_part(part, chosen.target) for part in chosen.parts.values()],
        "without_exits": None if assessment.without is None else _without(assessment.without),
        "robustness": [asdict(one) for one in assessment.robustness],
        "gains": [asdict(gain) for gain in assessment.gains],
        "front": [asdict(point) for point in assessment.front],
        "front_without_exits": [asdict(point) for point in assessment.front_without],
        "buffers": [asdict(buffer) for buffer in assessment.buffers],
    }


def _stage(chosen: Implementation, index: int) -> dict[str, Any]:
    return {
        "interval": chosen.stage_interval(index),
        "resources": asdict(chosen.stage_resources(index)),
    }


def _part(part: Part, target: Target) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": part.name,
        "stage": part.stage,
        "streams_in": part.streams_in,
        "streams_out": part.streams_out,
        "folding": asdict(part.folding) if part.folding else None,
        "interval": part.interval,
        "interval_source": OWN,
        "resources": asdict(part.resources),
        "resource_source": target.source(part.layer),
        "width_converter": asdict(part.converter),
    }
    if part.layer and part.folding and (theirs := target.published(part.layer, part.folding)):
        record["published"] = {"interval": theirs.interval, "resources": asdict(theirs.resources)}
    return record


def _without(design: Implementation) -> dict[str, Any]:
    return {
        "interval": design.stage_interval(0),
        "resources": asdict(design.resources),
        "foldings": {part.name: asdict(part.folding) for part in design.parts.values() if part.folding},
    }
