"""The terminal that every verb prints to.

Nothing that is printed is read as markup, and nothing steers the terminal: names of files, layers, tensors
and boards come from outside. Styles are given as styles.
"""

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from fpga_ee.printable import printable


class PlainConsole(Console):
    """A console that shows text from outside as it is."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Render a string as rich does, but as plain text: escapes and markup in it do nothing."""
        return super().render_str(printable(text), **options)

    def say(self, text: str) -> None:
        """Print a line that is not broken: one may want to copy the path in it."""
        self.print(text, soft_wrap=True, highlight=False)


def _is_terminal() -> bool:
    # Closed streams are None.
    return sys.stdout is not None and sys.stdout.isatty()


# Tables of twelve columns need more than the 80 characters that rich assumes where there is no terminal.
console = PlainConsole(width=None if _is_terminal() else 120, markup=False, emoji=False)


def print_warnings(warnings: Sequence[str]) -> None:
    """Print one line for each."""
    for warning in warnings:
        console.print(f"WARNING: {warning}", style="bold yellow", soft_wrap=True)
