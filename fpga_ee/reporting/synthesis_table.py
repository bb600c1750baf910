"""A synthesis as a table for the terminal."""

from collections.abc import Mapping

from rich.table import Table

from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES, Resources
from fpga_ee.hardware.synthesis.synthesise import Synthesis
from fpga_ee.reporting.text import percent

_FITTED = ("lut", "ff")
"""Resources that the model estimates, with an error column each. The model counts all others."""


def synthesis_table(name: str, synthesis: Synthesis, model: Mapping[str, Resources], board: Board) -> Table:
    """Show one row for each module, the total, and its share of a board, with our own model beside them.

    Args:
        name: Name of the design.
        synthesis: Yosys's counts.
        model: Our own model's counts, by module; empty where it has none.
        board: The board.
    """
    table = Table(
        title=f"{name} for {synthesis.family}, synthesised with {synthesis.tool}", title_justify="left"
    )
    table.add_column("module", no_wrap=True)
    table.add_column("instances", justify="right")
    for resource in RESOURCE_NAMES:
        table.add_column(resource.upper(), justify="right")
        if model and resource in _FITTED:
            table.add_column("model", justify="right")
            table.add_column("error", justify="right")
    for module in synthesis.modules:
        modelled = model.get(module.module, Resources()) if model else None
        table.add_row(module.module, f"{module.instances:,}", *_cells(module.resources, modelled))
    table.add_section()
    total = sum(model.values(), Resources()) if model else None
    table.add_row("all", "", *_cells(synthesis.total, total))
    shares = synthesis.total.shares(board.resources)
    of_board = {resource: percent(share) for resource, share in shares.items()}
    padding = ["", ""] if model else []
    table.add_row(
        f"of {board.name}",
        "",
        *(
            cell
            for resource in RESOURCE_NAMES
            for cell in (of_board[resource], *(padding if resource in _FITTED else ()))
        ),
    )
    return table


def _cells(counted: Resources, model: Resources | None) -> list[str]:
    cells = []
    for resource in RESOURCE_NAMES:
        count = getattr(counted, resource)
        modelled = count if model is None else getattr(model, resource)
        if model is not None and resource in _FITTED:
            cells += [
                f"{count:,}",
                f"{modelled:,}",
                f"{100 * (modelled / count - 1):+.1f} %" if count else "",
            ]
        else:
            cells.append(f"{count:,}" if modelled == count else f"{count:,} (model {modelled:,})")
    return cells
