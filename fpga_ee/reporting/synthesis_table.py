"""A synthesis as a table for the terminal."""

from collections.abc import Mapping
from dataclasses import astuple

from rich.table import Table

from fpga_ee.hardware.platform import Platform
from fpga_ee.hardware.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.rtl.synth import Synthesis
from fpga_ee.reporting.text import percent


def synthesis_table(
    name: str, synthesis: Synthesis, model: Mapping[str, Resources], board: Platform
) -> Table:
    """One row a module, the total, its share of a board, and by how much the model is off.

    Args:
        name: The design's.
        synthesis: What was counted.
        model: What our own model says, by module; empty where it says nothing.
        board: The board.
    """
    table = Table(
        title=f"{name} for {synthesis.target}, synthesised with {synthesis.tool}", title_justify="left"
    )
    table.add_column("module")
    headings = ["instances", *(resource.upper() for resource in RESOURCE_NAMES)]
    if model:
        headings += [f"{resource.upper()}, model" for resource in RESOURCE_NAMES]
    for heading in headings:
        table.add_column(heading, justify="right")
    for module in synthesis.modules:
        modelled = _counts(model.get(module.module, Resources())) if model else []
        table.add_row(module.module, f"{module.instances:,}", *_counts(module.resources), *modelled)
    table.add_section()
    total = sum(model.values(), Resources())
    table.add_row("all", "", *_counts(synthesis.total), *(_counts(total) if model else []))
    shares = synthesis.total.shares(board.resources)
    table.add_row(f"of {board.name}", "", *(percent(shares[resource]) for resource in RESOURCE_NAMES))
    if model:
        table.add_row("the model is off by", *[""] * 5, *_errors(total, synthesis.total))
    return table


def _counts(resources: Resources) -> list[str]:
    return [f"{count:,}" for count in astuple(resources)]


def _errors(model: Resources, counted: Resources) -> list[str]:
    """Signed, in percent of the count; absolute where nothing was counted."""
    return [
        f"{100 * (said / count - 1):+.1f} %" if count else f"{said:+}"
        for said, count in zip(astuple(model), astuple(counted), strict=True)
    ]
