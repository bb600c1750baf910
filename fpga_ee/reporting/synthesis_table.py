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
    """One row a module, the total, and its share of a board; the model beside each count, and its error.

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
        said = _modelled(model.get(module.module, Resources()), module.resources) if model else []
        table.add_row(module.module, f"{module.instances:,}", *_counts(module.resources), *said)
    table.add_section()
    said = _modelled(sum(model.values(), Resources()), synthesis.total) if model else []
    table.add_row("all", "", *_counts(synthesis.total), *said)
    shares = synthesis.total.shares(board.resources)
    table.add_row(f"of {board.name}", "", *(percent(shares[resource]) for resource in RESOURCE_NAMES))
    return table


def _counts(resources: Resources) -> list[str]:
    return [f"{count:,}" for count in astuple(resources)]


def _modelled(model: Resources, counted: Resources) -> list[str]:
    """What the model says, and in percent by how much it is off."""
    return [_beside(said, count) for said, count in zip(astuple(model), astuple(counted), strict=True)]


def _beside(said: int, count: int) -> str:
    if said == count:
        return f"{said:,}"
    return f"{said:,} ({100 * (said / count - 1):+.1f} %)" if count else f"{said:,} (0)"
