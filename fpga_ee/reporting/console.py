"""The terminal that every verb prints to."""

import sys
from collections.abc import Sequence

from rich.console import Console

# Tables of twelve columns need more than the 80 characters that rich assumes where there is no terminal.
console = Console(width=None if sys.stdout.isatty() else 120)


def print_warnings(warnings: Sequence[str]) -> None:
    """Print one line for each."""
    for warning in warnings:
        console.print(f"WARNING: {warning}", style="bold yellow", markup=False, soft_wrap=True)
