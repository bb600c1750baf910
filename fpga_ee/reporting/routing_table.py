"""A routed design as tables for the terminal."""

from rich.console import Group, RenderableType
from rich.table import Table

from fpga_ee.hardware.synthesis.route import Routing
from fpga_ee.reporting.text import percent


def routing_tables(name: str, routing: Routing) -> RenderableType:
    """Show the share of the chip that a design takes, its clock, and the path that limits the clock."""
    table = Table(title=f"{name} on {routing.goal.part}, seed {routing.goal.seed}", title_justify="left")
    table.add_column("resource")
    for heading in ("used", "available", "share"):
        table.add_column(heading, justify="right")
    for resource, use in routing.uses.items():
        table.add_row(resource, f"{use.used:,}", f"{use.available:,}", percent(use.used / use.available))
    return Group(table, *_sentences(routing))


def _sentences(routing: Routing) -> list[str]:
    verdict = "is reached" if routing.met else "IS NOT REACHED"
    path = routing.path
    return [
        f"Fastest clock {routing.fmax_mhz:.2f} MHz: the wanted {routing.goal.clock_mhz:g} MHz {verdict}.",
        f"The slowest path takes {path.delay_ns:.2f} ns, {path.logic_ns:.2f} of them in cells.",
        f"It leads from {path.start} to {path.end}, through {', '.join(path.blocks)}.",
        f"Routed with {', '.join(routing.tools)}.",
    ]
