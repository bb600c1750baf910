"""Simulates an accelerator cycle by cycle, and compares it with ONNX Runtime bit by bit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.generate import Generated
from fpga_ee.hardware.design.throughput import mean_interval, pace, period
from fpga_ee.hardware.diagram.diagram import Block, Diagram
from fpga_ee.hardware.diagram.stream import copy_name
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS
from fpga_ee.hardware.simulation import harness
from fpga_ee.hardware.simulation.expected import expected
from fpga_ee.hardware.simulation.harness import Report
from fpga_ee.hardware.simulation.mismatch import astray, deadlock, explain, first_wrong, ordinals
from fpga_ee.hardware.tools.workplace import workplace

MOST_IMAGES = 1 << SAMPLE_ID_BITS
"""Most images of a simulation: more would use an ID twice."""


@dataclass(frozen=True)
class Pauses:
    """Pauses of both ends: percent of the cycles, and the seed from which they are drawn."""

    percent: int = 0
    seed: int = 0


NO_PAUSES = Pauses()


@dataclass(frozen=True)
class Latency:
    """Cycles from a sample's first beat in to its result's last beat out: least, mean and most."""

    least: int
    mean: float
    most: int


@dataclass(frozen=True)
class Activity:
    """The work of a block.

    Attributes:
        block: Its name, without the number of its copy.
        copy: Number of its stage's copy; None where the stage is built once.
        stage: Its stage.
        samples: Samples that it worked on.
        busy: Cycles in which it worked.
        interval: Cycles per sample by the cycle model.
        idle: Share of the cycles in which it did not work.
        model_idle: The same share by the cycle model, in the long run.
    """

    block: str
    copy: int | None
    stage: int
    samples: int
    busy: int
    interval: int
    idle: float
    model_idle: float


@dataclass(frozen=True)
class Simulation:
    """The results of a simulation.

    Attributes:
        images: Number of images.
        pauses: The pauses of both ends.
        problem: The first problem; None where every bit is right.
        exits: Number of samples that left at each exit.
        cycles: Cycles from the first beat in to the last beat out.
        interval: Measured cycles per sample after the pipeline is full; None for too few images.
        model_interval: The same by the cycle model, with the exits of this run.
        model_period: Cycles per sample in the long run by the cycle model, at the exit rates of this run.
        latencies: Latency of each exit; None where no sample left.
        activities: The work of every block that multiplies or pools.
        fills: Most samples that each conditional buffer held, in any copy of its stage.
    """

    images: int
    pauses: Pauses
    problem: str | None
    exits: tuple[int, ...]
    cycles: int
    interval: float | None
    model_interval: float | None
    model_period: float
    latencies: tuple[Latency | None, ...]
    activities: tuple[Activity, ...]
    fills: dict[str, int]


def simulate(
    generated: Generated,
    folder: Path,
    codes: NDArray[np.integer],
    pauses: Pauses = NO_PAUSES,
    advance: Callable[[int], None] = lambda _: None,
) -> Simulation:
    """Simulate a generated accelerator over images, and compare all of its results.

    Args:
        generated: The accelerator, as ``load`` or ``load_trusting`` reads it.
        folder: Its files.
        codes: Images as integers, [N, rows, cols, channels].
        pauses: The pauses of both ends.
        advance: Called with the number of results that came since the last call.

    Raises:
        FpgaEeError: A file or a tool is missing, a file cannot be compiled, or there are too many images.
    """
    if not 1 <= len(codes) <= MOST_IMAGES:
        raise FpgaEeError(
            f"{len(codes):,} images cannot be told apart by their IDs: take 1 to {MOST_IMAGES:,}"
        )
    diagram = generated.diagram
    problem = None
    with workplace(folder, "simulation") as work:
        run = harness.Run(work, diagram, pauses.percent, pauses.seed)
        wanted = expected(generated.build, generated.manifest, codes)
        program = harness.build(diagram, folder, work)
        report = run(program, codes, advance=advance)
        if report.deadlock is not None:
            problem = f"deadlock since cycle {report.deadlock:,}: {deadlock(report, diagram)}"
        elif (sample := first_wrong(report, wanted)) is not None:
            image = codes[min(sample, len(codes) - 1)][None].astype(np.int64)
            again = run(program, codes, ordinals(report, sample, diagram))
            problem = str(explain(generated, sample, image, again, wanted))
        else:
            problem = astray(report, diagram, wanted)
    found = measure(generated, report, len(codes), pauses, problem)
    return found if found.problem else replace(found, problem=overworked(found.activities))


def wave(generated: Generated, folder: Path, code: NDArray[np.integer]) -> Path:
    """Simulate one image, and write all signals to a waveform.

    Args:
        generated: The accelerator, as ``load`` or ``load_trusting`` reads it.
        folder: Its files.
        code: The image as integers, [rows, cols, channels].

    Returns:
        The waveform, a VCD file.

    Raises:
        FpgaEeError: As :func:`simulate`.
    """
    diagram = generated.diagram
    options = ["--trace", "-CFLAGS", f'-O0 -DWAVE=\\"{harness.WAVE}\\"']
    with workplace(folder, "waveform") as work:
        program = harness.build(diagram, folder, work, options)
        harness.Run(work, diagram)(program, code[None])
        return (work / harness.WAVE).resolve()


def measure(
    generated: Generated, report: Report, images: int, pauses: Pauses, problem: str | None
) -> Simulation:
    """Compute the figures of a run."""
    stages = len(generated.graph.stages)
    exits = [sum(result.exit == index for result in report.results) for index in range(stages)]
    reached = {
        (entry.stage, entry.copy): len(report.reached[entry.name]) for entry in generated.diagram.entries
    }
    first = min(report.entered.values(), default=0)
    cycles = max((result.cycle for result in report.results), default=first) - first + 1
    trace = [result.exit for result in sorted(report.results, key=lambda result: result.id)] or [0]
    buffered = [generated.design.buffered_of(stage) for stage in range(stages - 1)]
    of_run = pace(generated.diagram, trace, buffered)
    in_long_run = period(generated.diagram, trace, buffered)
    activities = [
        _activity(block, report.busy[block.name], reached, cycles, images * in_long_run)
        for block in generated.diagram.blocks
        if block.name in report.busy
    ]
    return Simulation(
        images,
        pauses,
        problem,
        tuple(exits),
        cycles,
        mean_interval(sorted(report.entered.values())),
        of_run,
        in_long_run,
        tuple(_latency(report, index) for index in range(stages)),
        tuple(activities),
        _fills(generated.diagram, report),
    )


def overworked(activities: Iterable[Activity]) -> str | None:
    """Find the first block that worked more than its interval for every sample that entered; else None.

    A block whose input takes longer than its windows works less, because the input's interval is longer.
    """
    for one in activities:
        if one.busy > one.samples * one.interval:
            block = copy_name(one.block, one.copy)
            return f"{block} works {one.busy:,} cycles for {one.samples:,} samples, each of {one.interval:,}"
    return None


def _activity(
    block: Block, busy: int, reached: Mapping[tuple[int, int | None], int], cycles: int, model_cycles: float
) -> Activity:
    entering = block.entering
    samples = reached[entering.stage, entering.copy]
    idle, model_idle = 1 - busy / cycles, 1 - block.interval * samples / model_cycles
    return Activity(block.base, block.copy, entering.stage, samples, busy, block.interval, idle, model_idle)


def _fills(diagram: Diagram, report: Report) -> dict[str, int]:
    found: dict[str, int] = {}
    for block in diagram.blocks:
        if block.name in report.fill:
            found[block.base] = max(found.get(block.base, 0), report.fill[block.name])
    return found


def _latency(report: Report, exit_: int) -> Latency | None:
    found = [
        result.cycle - report.entered[result.id] + 1
        for result in report.results
        if result.exit == exit_ and result.id in report.entered
    ]
    return Latency(min(found), sum(found) / len(found), max(found)) if found else None
