"""A hardware estimate as pictures."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from fpga_ee.hardware.search.assessment import Assessment, BufferAssessment
from fpga_ee.hardware.search.design_space import FrontPoint
from fpga_ee.hardware.search.exploration import Exploration
from fpga_ee.reporting.picture import picture

EARLY_COLOUR = "#1f5fa8"
WITHOUT_COLOUR = "#8a8a8a"
CHOSEN_COLOUR = "#c0392b"
STAGE_COLOURS = ("#1f5fa8", "#2f9e8f", "#b8860b", "#7b4fa3")


def write_front_png(exploration: Exploration, path: Path) -> None:
    """Draw throughput against the largest share of the board, with and without early exits.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    assessment = exploration.chosen
    space = assessment.space
    board = space.budget.board

    def draw(axes: Axes) -> Sequence[Artist]:
        for points, colour, name in (
            (exploration.front_without, WITHOUT_COLOUR, "without early exits"),
            (exploration.front, EARLY_COLOUR, "early exits"),
        ):
            axes.step(*_steps(points), where="post", color=colour, linewidth=1.4, label=name)
            axes.plot(
                [100 * point.share for point in points],
                [point.throughput for point in points],
                ".", color=colour, markersize=5,
            )  # fmt: skip
        share = 100 * assessment.design.resources.share(board.resources)
        axes.plot(
            share, assessment.throughput, "o", color=CHOSEN_COLOUR, markersize=8,
            label=f"chosen: {assessment.throughput:,.0f} at {share:.1f} %",
        )  # fmt: skip
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(_thousands())
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_xlim(0, 100)
        axes.set_xlabel(f"largest share of {board.name}'s LUT, FF, DSP and BRAM (%)")
        axes.set_ylabel("samples per second")
        rates = ", ".join(f"{rate:.3g}" for rate in space.late_rates)
        axes.set_title(f"{space.graph.name} at {space.budget.clock_mhz:g} MHz, late rate {rates}")
        return axes.get_legend_handles_labels()[0]

    _write(path, (7, 4.4), draw)


def _steps(points: Sequence[FrontPoint]) -> tuple[list[float], list[float]]:
    """Sort shares, and continue the last throughput to the whole board."""
    ordered = sorted((100 * point.share, point.throughput) for point in points)
    ends = [(100.0, ordered[-1][1])] if ordered else []
    shares, rates = zip(*(*ordered, *ends), strict=True) if ordered else ((), ())
    return list(shares), list(rates)


def write_interval_png(assessment: Assessment, path: Path) -> None:
    """Draw the cycles per sample of every layer and unit, weighted by the share of samples that reach it.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    space, design = assessment.space, assessment.design
    components = list(design.components.values())
    rates = [design.rate(component, space.reaching) for component in components]
    weighed = [component.interval * rate for component, rate in zip(components, rates, strict=True)]
    period = design.period(space.reaching)

    def draw(axes: Axes) -> Sequence[Artist]:
        places = range(len(components))
        colours = [STAGE_COLOURS[component.stage % len(STAGE_COLOURS)] for component in components]
        axes.barh(places, weighed, color=colours, height=0.72)
        axes.axvline(period, color=CHOSEN_COLOUR, linewidth=1, linestyle="--")
        for place, (component, rate, cycles) in enumerate(zip(components, rates, weighed, strict=True)):
            text = f" {component.interval:,}" + (f" x {rate:.3g}" if rate != 1 else "")
            inside = cycles > 0.75 * period
            axes.text(
                cycles, place, f"{text} ", va="center", ha="right" if inside else "left", fontsize=7,
                color="white" if inside else "#404040",
            )  # fmt: skip
        axes.set_yticks(places, [component.name for component in components], fontsize=7, parse_math=False)
        axes.invert_yaxis()
        axes.set_ylim(len(components) - 0.4, -0.6)
        axes.set_xlim(0, period * 1.04)
        axes.xaxis.set_major_formatter(_thousands())
        axes.set_xlabel("cycles per sample: interval x share of the samples that get there")
        axes.set_title(f"{space.graph.name}: {period:,.0f} cycles per sample, where they are spent")
        stages = [
            Patch(color=STAGE_COLOURS[index % len(STAGE_COLOURS)], label=f"stage {index}")
            for index in range(len(space.graph.stages))
        ]
        limit = Line2D([], [], color=CHOSEN_COLOUR, linewidth=1, linestyle="--", label="bottleneck")
        return [*stages, limit]

    _write(path, (7, 1.2 + 0.2 * len(components)), draw)


def write_buffer_png(assessment: Assessment, buffer: BufferAssessment, path: Path) -> None:
    """Draw throughput against the depth of a conditional buffer.

    Raises:
        FpgaEeError: The file cannot be written.
    """

    def draw(axes: Axes) -> Sequence[Artist]:
        depths = [depth.samples for depth in buffer.curve]
        axes.plot(
            depths, [depth.estimated for depth in buffer.curve],
            "--", color=WITHOUT_COLOUR, label="M/G/1/K estimate (Smith)",
        )  # fmt: skip
        axes.plot(
            depths, [depth.simulated for depth in buffer.curve],
            "o-", color=EARLY_COLOUR, markersize=4, label=f"simulated; decisions: {buffer.source}",
        )  # fmt: skip
        axes.axhline(
            assessment.throughput, color="#b8b8b8", linewidth=1, zorder=1, label="stages that never stall"
        )
        axes.axvline(buffer.least, color=CHOSEN_COLOUR, linewidth=1, linestyle=":",
                     label=f"least: {buffer.least}, no decision waits for room")  # fmt: skip
        if buffer.built != buffer.least:
            axes.axvline(buffer.built, color=CHOSEN_COLOUR, linewidth=1, label=f"built: {buffer.built}")
        bursts = ", ".join(str(late) for late, _ in buffer.bursts)
        axes.plot(
            [depth for _, depth in buffer.bursts], [0] * len(buffer.bursts),
            "^", color=CHOSEN_COLOUR, markersize=7, clip_on=False, label=f"enough for {bursts} late in a row",
        )  # fmt: skip
        for late, depth in buffer.bursts:
            axes.annotate(f"{late}", (depth, 0), (0, 8), textcoords="offset points", ha="center", fontsize=8)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_ylim(0, None)
        axes.yaxis.set_major_formatter(_thousands())
        axes.set_xlabel("samples that the conditional buffer holds")
        axes.set_ylabel("samples per second")
        axes.set_title(f"{assessment.space.graph.name}: conditional buffer {buffer.stage}")
        return axes.get_legend_handles_labels()[0]

    _write(path, (7, 4.4), draw)


def _thousands() -> FuncFormatter:
    return FuncFormatter(lambda value, _position: f"{value:,.0f}")


def _write(path: Path, size: tuple[float, float], draw: Callable[[Axes], Sequence[Artist]]) -> None:
    """Make a picture with ``draw``, and a legend of the returned artists below it."""
    with picture(path, size) as figure:
        axes = figure.add_subplot()
        handles = draw(axes)
        figure.legend(
            handles=handles, loc="outside lower center", ncols=3 if len(handles) == 3 else 2, frameon=False
        )
        axes.grid(visible=True, color="#e6e6e6", linewidth=0.6)
        axes.set_axisbelow(True)
