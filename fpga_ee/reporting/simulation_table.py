"""A simulation as tables for the terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fpga_ee.hardware.design.generate import Generated
from fpga_ee.hardware.simulation.simulate import Activity, Latency, Simulation
from fpga_ee.printable import printable
from fpga_ee.reporting.text import percent


def generated_table(generated: Generated) -> RenderableType:
    """Show the blocks of an accelerator and their cycles per sample."""
    diagram = generated.diagram
    table = Table(
        title=f"{diagram.network}: an accelerator of {len(diagram.blocks)} blocks", title_justify="left"
    )
    for heading in ("block", "module", "function"):
        table.add_column(heading)
    for heading in ("copies", "cycles a sample (own model)"):
        table.add_column(heading, justify="right")
    shown = {block.base: block for block in diagram.blocks if block.interval}
    for name, block in shown.items():
        table.add_row(name, block.module.NAME, block.note, str(block.copies), f"{block.interval:,}")
    return table


def simulation_tables(name: str, split: str, simulation: Simulation, clock_mhz: float) -> RenderableType:
    """Show the comparison, the speed, and how busy every block was, each beside the cycle model."""
    return Group(_activities(name, simulation), *_summary(split, simulation, clock_mhz))


def _activities(name: str, simulation: Simulation) -> Table:
    table = Table(title=f"{name}, simulated", title_justify="left")
    for heading in ("stage", "block"):
        table.add_column(heading)
    for heading in ("copies", "samples", "busy cycles", "a sample", "own model", "idle", "own model"):
        table.add_column(heading, justify="right")
    together: dict[str, list[Activity]] = {}
    for activity in simulation.activities:
        together.setdefault(activity.block, []).append(activity)
    for block, copies in together.items():
        samples, busy = sum(copy.samples for copy in copies), sum(copy.busy for copy in copies)
        table.add_row(
            str(copies[0].stage),
            block,
            str(len(copies)),
            f"{samples:,}",
            f"{busy:,}",
            f"{busy / samples:,.1f}" if samples else "-",
            f"{copies[0].interval:,}",
            percent(sum(copy.idle for copy in copies) / len(copies)),
            percent(sum(copy.model_idle for copy in copies) / len(copies)),
        )
    return table


def _summary(split: str, simulation: Simulation, clock_mhz: float) -> Iterator[RenderableType]:
    pauses = simulation.pauses
    paused = (
        f", both ends paused {pauses.percent} % of the time (seed {pauses.seed})" if pauses.percent else ""
    )
    lines = [f"{simulation.images:,} images of {split}{paused}, {simulation.cycles:,} cycles"]
    if simulation.interval is not None and simulation.model_interval is not None:
        error = simulation.interval / simulation.model_interval - 1
        lines.append(
            f"interval {simulation.interval:,.1f} cycles, simulated; {simulation.model_interval:,.1f} by own "
            f"model ({100 * error:+.2f} %); {clock_mhz * 1e6 / simulation.interval:,.0f} samples/s at "
            f"{clock_mhz:g} MHz"
        )
    for index, (count, latency) in enumerate(zip(simulation.exits, simulation.latencies, strict=True)):
        lines.append(f"exit {index}: {count:,} samples{_latency(latency)}")
    lines += [f"{buffer}: at most {fill} samples" for buffer, fill in simulation.fills.items()]
    if simulation.problem is None:
        lines.append("every logit, exit and label is ONNX Runtime's in every bit, every ID came exactly once")
    else:
        lines.append(f"FAILED: {simulation.problem}")
    yield Text(printable("\n".join(lines)))


def _latency(latency: Latency | None) -> str:
    if latency is None:
        return ""
    return f", latency {latency.least:,} to {latency.most:,} cycles, {latency.mean:,.0f} in the mean"
