"""Simulate an accelerator cycle by cycle and hold it against ONNX Runtime, bit by bit."""

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
"""More samples would use an ID twice."""


@dataclass(frozen=True)
class Pauses:
    """How often both ends pause: percent of the cycles, drawn from a seed."""

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
    """How busy a block was.

    Attributes:
        block: Its name, without the number of its copy.
        copy: Which copy of its stage it is in; None where the stage is built once.
        stage: Its stage.
        samples: Samples that it worked on.
        busy: Cycles in which it worked.
        interval: Cycles a sample by the cycle model.
        idle: Part of the cycles in which it did not work.
        model_idle: The same by the cycle model, in the long run: until all of a run's samples have left.
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
    """The findings of a simulation.

    Attributes:
        images: Images fed.
        pauses: How often the ends paused.
        problem: What was wrong first; None where every bit was right.
        exits: Samples that left at each exit.
        cycles: Cycles from the first beat in to the last out.
        interval: Measured cycles a sample, once the pipeline is full; None for too few images.
        model_interval: The same by the cycle model, with the exits of this run.
        model_period: Cycles a sample in the long run by the cycle model, at the exit rates of this run.
        latencies: By exit; None where no sample left.
        activities: Of every block that multiplies or pools.
        fills: Most samples that each conditional buffer held, in whichever copy of its stage.
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
    """Simulate a generated accelerator over images and compare all that it gives.

    Args:
        generated: The accelerator, as ``load`` or ``load_trusting`` reads it.
        folder: Its files.
        codes: Images as integers, [N, rows, cols, channels].
        pauses: How often both ends pause.
        advance: Called with the number of results that came since the last call.

    Raises:
        FpgaEeError: Something is missing, differs or cannot be compiled, or there are too many images.
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
    """Simulate one image with all signals written to a waveform.

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
    """Figures of a run."""
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
    """The first block that worked longer than its interval for every sample that entered, or None.

    A block whose input takes longer than its windows works less: its interval is that of the input.
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
