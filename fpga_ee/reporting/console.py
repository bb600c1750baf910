"""The terminal that every verb prints to.

Printed text is never read as markup and never steers the terminal, because names of files, layers, tensors
and boards come from outside. Styles are separate arguments.
"""

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from fpga_ee.printable import printable


class PlainConsole(Console):
    """A console that shows text from outside unchanged."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Render a string as rich does, but as plain text: escapes and markup have no effect."""
        return super().render_str(printable(text), **options)

    def say(self, text: str) -> None:
        """Print a line without breaking it, so that a path in it can be copied."""
        self.print(text, soft_wrap=True, highlight=False)


def _is_terminal() -> bool:
    # A closed stream is None.
    return sys.stdout is not None and sys.stdout.isatty()


# Tables of twelve columns need more than the 80 characters that rich assumes without a terminal.
console = PlainConsole(width=None if _is_terminal() else 120, markup=False, emoji=False)


def print_warnings(warnings: Sequence[str]) -> None:
    """Print one line for each warning."""
    for warning in warnings:
        console.print(f"WARNING: {warning}", style="bold yellow", soft_wrap=True)
