"""A hardware estimate as tables for the terminal."""

from collections.abc import Iterator
from dataclasses import astuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.search.assessment import Assessment
from fpga_ee.hardware.search.early_exit_gains import OffRate
from fpga_ee.hardware.search.estimate_file import notes, warnings
from fpga_ee.hardware.search.estimate_schema import OwnHardware
from fpga_ee.hardware.search.estimated_design import Component
from fpga_ee.hardware.search.exploration import Exploration
from fpga_ee.hardware.search.target import Target
from fpga_ee.printable import printable
from fpga_ee.reporting.text import percent

COUNTS = ("LUT", "FF", "DSP", "BRAM18")


def estimate_tables(assessment: Assessment, own: OwnHardware | None) -> RenderableType:
    """Show the design component by component, its figures, its buffers, and our own library beside it."""
    numbered = (f"{index}. {note}" for index, note in enumerate(notes(assessment), 1))
    return Group(
        _components(assessment),
        _summary(assessment),
        *_buffers(assessment),
        *([] if own is None else [_hardware_libraries(assessment, own)]),
        Text(printable("\n".join(numbered)), style="dim"),
    )


def explore_tables(exploration: Exploration) -> RenderableType:
    """Show the fronts with and without early exits, and the gain at every budget."""
    return Group(_fronts(exploration), _gains(exploration), _robustness(exploration.chosen))


def _components(assessment: Assessment) -> Table:
    space, design = assessment.space, assessment.design
    board, target = space.budget.board, space.target
    title = f"{space.graph.name} on {board.name} ({board.part}; {board.source})"
    table = Table(title=title, title_justify="left", pad_edge=False)
    table.add_column("component")
    table.add_column("folding")
    for heading in ("interval", "published", *COUNTS):
        table.add_column(heading, justify="right")
    table.add_column("source")
    bottleneck = design.period(space.reaching)
    for index in range(len(space.graph.stages)):
        owner = ""
        for component in design.of_stage(index):
            decisive = component.interval * design.rate(component, space.reaching) == bottleneck
            if component.layer and component.layer.weights:
                owner = component.name
            table.add_row(
                _short(component.name, owner),
                _folding(component),
                f"{component.interval:,}",
                _published(component, target),
                *_counts(component.resources),
                target.source(component.layer),
                style="bold" if decisive else None,
            )
        converters = sum((component.converter for component in design.of_stage(index)), Resources())
        table.add_row("between components", "", "", "", *_counts(converters), target.source(None))
        interval, counts = f"{design.stage_interval(index):,}", _counts(design.stage_resources(index))
        table.add_row(f"stage {index}", "", interval, "", *counts, "", style="italic", end_section=True)
    total, there_is = design.resources, board.resources
    table.add_row("all", "", "", "", *_counts(total), "")
    table.add_row("board", "", "", "", *_counts(there_is), "")
    shares = [f"{share:.1%}" for share in total.shares(there_is).values()]
    table.add_row("share", "", "", "", *shares, "", style="bold")
    return table


def _short(name: str, owner: str) -> str:
    """Shorten a name that begins with the name of its layer: ``.requantise`` below a convolution."""
    return f"  {name.removeprefix(owner)}" if owner and name.startswith(f"{owner}.") else name


def _folding(component: Component) -> str:
    if component.folding is None or component.layer is None:
        return f"{component.streams_in} streams" if component.streams_in > 1 else "1 stream"
    return component.layer.folding_text(component.folding)


def _published(component: Component, target: Target) -> str:
    """Write the published model's interval, if it differs from ours."""
    layer, folding = component.layer, component.folding
    theirs = target.published(layer, folding) if layer and folding else None
    return "" if theirs is None or theirs.interval == component.interval else f"{theirs.interval:,}"


def _counts(resources: Resources) -> list[str]:
    return [f"{count:,}" for count in astuple(resources)]


def _summary(assessment: Assessment) -> Table:
    space, design = assessment.space, assessment.design
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    rates = ", ".join(f"{rate:.4g}" for rate in space.late_rates)
    table.add_row("throughput", f"{assessment.throughput:,.0f} samples/s", space.target.models)
    table.add_row(
        "at",
        f"{space.budget.clock_mhz:g} MHz, {percent(assessment.share)} of the board",
        f"late rate {rates or '-'}",
    )
    if assessment.excess:
        missing = ", ".join(f"{count:,} {name.upper()}" for name, count in assessment.excess.items())
        table.add_row("does not fit", f"{missing} too many", "for the budget")
    for buffer in assessment.buffers:
        table.add_row(
            f"with buffer {buffer.stage} of {buffer.built}",
            f"{buffer.simulated:,.0f} samples/s",
            f"simulated, {buffer.source}, {percent(buffer.late_rate)} go on; --buffer {buffer.sufficient} "
            "loses less than 1 %",
        )
    for component in design.components.values():
        for queue in component.queues:
            lut, bram = queue.resources.lut, queue.resources.bram
            size = f"{lut:,} LUT, {bram:,} BRAM18 among those between components"
            table.add_row(f"shortcut to {component.name}", f"{queue.words:,} words wait", size)
    traffic = assessment.memory_mb_s / 1000
    table.add_row(
        "memory traffic",
        f"{traffic:.3f} of {space.budget.board.bandwidth_gb_s:g} GB/s",
        "images in, results out",
    )
    names = ["every sample"] if len(design.latencies()) == 1 else _exit_names(len(design.latencies()))
    for name, latency, cycles in zip(names, assessment.latencies_us, design.latencies(), strict=True):
        table.add_row(f"latency, {name}", f"{latency:,.1f} us", f"{cycles:,} cycles, own model")
    if len(space.graph.stages) > 1:
        if (without := assessment.throughput_without) is None:
            table.add_row("without early exits", "does not fit that share", "")
        else:
            share = f"on {percent(min(1.0, assessment.share))} of the board"
            doubt = "".join(f"but {warning}, " for warning in warnings(assessment))
            gain = "" if assessment.gain is None else f"gain {assessment.gain:.2f}x, {doubt}"
            table.add_row("without early exits", f"{without:,.0f} samples/s", f"{gain}{share}")
        off = ", ".join(f"{_rates(one)}: {one.throughput:,.0f}" for one in assessment.robustness)
        table.add_row("if the late rate is", off, "samples/s")
    return table


def _exit_names(count: int) -> list[str]:
    return ["early sample", "late sample"] if count == 2 else [f"exit {index}" for index in range(count)]


def _buffers(assessment: Assessment) -> Iterator[Table]:
    for buffer in assessment.buffers:
        table = Table(
            title=f"conditional buffer {buffer.stage}: samples/s against depth; decisions: {buffer.source}",
            title_justify="left",
        )
        for heading in ("depth in samples", "simulated", "M/G/1/K"):
            table.add_column(heading, justify="right")
        for depth in buffer.curve:
            throughputs = (f"{each:,.0f}" for each in (depth.simulated, depth.estimated))
            style = "bold" if depth.samples == buffer.built else None
            table.add_row(str(depth.samples), *throughputs, style=style)
        bursts = ", ".join(f"{depth} for {late}" for late, depth in buffer.bursts)
        table.caption = (
            f"built {buffer.built}; least {buffer.least}, so that no decision waits for room; "
            f"{buffer.sufficient} for 99 % of an unlimited buffer's throughput with these decisions (late "
            f"rate {percent(buffer.late_rate)}, at most {buffer.longest_run:,} late in a row); so that late "
            f"ones in a row cost no time: {bursts}"
        )
        table.caption_justify = "left"
        yield table


def _hardware_libraries(assessment: Assessment, own: OwnHardware) -> Table:
    space, design = assessment.space, assessment.design
    at = f"{space.budget.board.name} at {space.budget.clock_mhz:g} MHz"
    title = f"{space.graph.name} on {at}, in both hardware libraries"
    table = Table(title=title, title_justify="left")
    table.add_column("hardware")
    for heading in ("samples/s", *COUNTS, "of the board"):
        table.add_column(heading, justify="right")
    rows = [
        ("fpgaConvNet: the design above", assessment.throughput, design.resources, assessment.share),
        *(
            (f"hw-generate: {one.description}", one.throughput, one.resources, one.share)
            for one in own.designs
        ),
    ]
    for name, throughput, resources, share in rows:
        table.add_row(name, f"{throughput:,.0f}", *_counts(resources), percent(share))
    table.caption = printable(
        f"hw-generate has no design: {own.missing}"
        if own.missing
        else "hw-generate builds the modules of hw/rtl. --target rtl shows and writes these designs; "
        "hw-fastest finds faster ones, which have several copies of a stage"
    )
    table.caption_justify = "left"
    return table


def _fronts(exploration: Exploration) -> Table:
    table = Table(title="designs that no other beats", title_justify="left")
    for heading in ("early exits: samples/s", "of the board", "without: samples/s", "of the board"):
        table.add_column(heading, justify="right")
    pairs = [
        [(f"{point.throughput:,.0f}", percent(point.share)) for point in points]
        for points in (exploration.front, exploration.front_without)
    ]
    for index in range(max(map(len, pairs))):
        cells = [points[index] if index < len(points) else ("", "") for points in pairs]
        table.add_row(*cells[0], *cells[1])
    return table


def _gains(exploration: Exploration) -> Table:
    table = Table(title="gain of early exits at a budget", title_justify="left")
    for heading in ("of the board", "early exits", "without", "gain"):
        table.add_column(heading, justify="right")
    for gain in exploration.gains:
        both = gain.early_exit and gain.baseline
        table.add_row(
            f"{gain.budget:.0%}",
            f"{gain.early_exit:,.0f}" if gain.early_exit else "does not fit",
            f"{gain.baseline:,.0f}" if gain.baseline else "does not fit",
            f"{gain.early_exit / gain.baseline:.2f}x" if both else "",
        )
    table.caption = "; ".join(f"WARNING: {warning}" for warning in warnings(exploration.chosen)) or None
    return table


def _robustness(assessment: Assessment) -> Table:
    table = Table(title="the chosen design when the late rate is another", title_justify="left")
    for one in assessment.robustness:
        table.add_column(_rates(one), justify="right")
    table.add_row(*(f"{one.throughput:,.0f}" for one in assessment.robustness))
    return table


def _rates(one: OffRate) -> str:
    return "/".join(f"{rate:.3g}" for rate in one.late_rates)
