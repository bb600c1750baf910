"""The fastest accelerator of a board as tables for the terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.replication import MOST_BEHIND, ReplicatedDesign
from fpga_ee.printable import printable
from fpga_ee.reporting.text import percent


def replication_tables(network: str, design: ReplicatedDesign, budget: Budget) -> RenderableType:
    """Show the foldings and copies of a design, its resources, its speed, and the limit of the speed.

    Args:
        network: Name of the network.
        design: The design.
        budget: The budget of the search.
    """
    return Group(_foldings(network, design, budget), _resources(design, budget), _summary(design, budget))


def _foldings(network: str, design: ReplicatedDesign, budget: Budget) -> Table:
    table = Table(
        title=f"{network} on {budget.board.name}: the fastest accelerator by own model", title_justify="left"
    )
    table.add_column("component", no_wrap=True)
    for heading in ("coarse in", "coarse out", "fine"):
        table.add_column(heading, justify="right")
    for name, folding in design.design.foldings.items():
        numbers = (folding.coarse_in, folding.coarse_out, folding.fine)
        table.add_row(name, *map(str, numbers), style="bold" if name in design.busiest else None)
    return table


def _resources(design: ReplicatedDesign, budget: Budget) -> Table:
    table = Table(title="resources, by own model", title_justify="left")
    table.add_column("")
    for name in RESOURCE_NAMES:
        table.add_column(name.upper(), justify="right")
    table.add_row("all", *(f"{getattr(design.resources, name):,}" for name in RESOURCE_NAMES))
    for of, there_is in (
        ("of the budget", budget.capacity),
        (f"of {budget.board.name}", budget.board.resources),
    ):
        shares = design.resources.shares(there_is)
        table.add_row(of, *(percent(shares[name]) for name in RESOURCE_NAMES))
    return table


def _summary(design: ReplicatedDesign, budget: Budget) -> Text:
    copies = " and ".join(f"{times} of stage {stage}" for stage, times in enumerate(design.copies))
    short = " or ".join(name.upper() for name in design.short)
    limit = f"{short}: with more, these copies could be folded less" if short else "no folding is faster"
    return Text(
        printable(
            f"{budget.throughput(design.period):,.0f} samples/s at {budget.clock_mhz:g} MHz: a sample in "
            f"{design.period:,.1f} cycles\n"
            f"copies: {copies}, of as many of stage 0 as fit and up to {MOST_BEHIND} of each later one\n"
            f"busiest: {', '.join(design.busiest)}\n"
            f"limit: {limit}"
        )
    )
