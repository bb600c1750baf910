"""A synthesis as a table for the terminal."""

from dataclasses import astuple

from rich.table import Table

from fpga_ee.hardware.platform import Platform
from fpga_ee.hardware.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.rtl.synth import Synthesis
from fpga_ee.reporting.text import percent


def synthesis_table(name: str, synthesis: Synthesis, board: Platform) -> Table:
    """One row a module, the total, and its share of a board."""
    table = Table(
        title=f"{name} for {synthesis.target}, synthesised with {synthesis.tool}", title_justify="left"
    )
    table.add_column("module")
    for heading in ("instances", *(resource.upper() for resource in RESOURCE_NAMES)):
        table.add_column(heading, justify="right")
    for module in synthesis.modules:
        table.add_row(module.module, f"{module.instances:,}", *_counts(module.resources))
    table.add_section()
    table.add_row("all", "", *_counts(synthesis.total))
    shares = synthesis.total.shares(board.resources)
    table.add_row(f"of {board.name}", "", *(percent(shares[resource]) for resource in RESOURCE_NAMES))
    return table


def _counts(resources: Resources) -> list[str]:
    return [f"{count:,}" for count in astuple(resources)]
