"""A hardware estimate as JSON: every figure of the tables, with its source."""

from dataclasses import asdict
from itertools import pairwise
from typing import Any

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.search.assessment import Assessment
from fpga_ee.hardware.search.estimated_design import Component, EstimatedDesign
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
    space, design = assessment.space, assessment.design
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
        "latency_cycles": design.latencies(),
        "resources": asdict(design.resources),
        "shares": design.resources.shares(board.resources),
        "stages": [_stage(design, index) for index in range(len(space.graph.stages))],
        "parts": [_part(component, design.target) for component in design.components.values()],
        "without_exits": None if assessment.without is None else _without(assessment.without),
        "robustness": [asdict(one) for one in assessment.robustness],
        "gains": [asdict(gain) for gain in assessment.gains],
        "front": [asdict(point) for point in assessment.front],
        "front_without_exits": [asdict(point) for point in assessment.front_without],
        "buffers": [asdict(buffer) for buffer in assessment.buffers],
    }


def _stage(design: EstimatedDesign, index: int) -> dict[str, Any]:
    return {
        "interval": design.stage_interval(index),
        "resources": asdict(design.stage_resources(index)),
    }


def _part(component: Component, target: Target) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": component.name,
        "stage": component.stage,
        "streams_in": component.streams_in,
        "streams_out": component.streams_out,
        "folding": asdict(component.folding) if component.folding else None,
        "interval": component.interval,
        "interval_source": OWN,
        "resources": asdict(component.resources),
        "resource_source": target.source(component.layer),
        "width_converter": asdict(component.converter),
    }
    layer, folding = component.layer, component.folding
    if layer and folding and (theirs := target.published(layer, folding)):
        record["published"] = {"interval": theirs.interval, "resources": asdict(theirs.resources)}
    return record


def _without(design: EstimatedDesign) -> dict[str, Any]:
    return {
        "interval": design.stage_interval(0),
        "resources": asdict(design.resources),
        "foldings": {name: asdict(one.folding) for name, one in design.components.items() if one.folding},
    }
