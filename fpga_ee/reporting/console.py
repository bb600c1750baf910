"""The terminal that every verb prints to."""

import sys

from rich.console import Console

# Tables of twelve columns need more than the 80 characters that rich assumes where there is no terminal.
console = Console(width=None if sys.stdout.isatty() else 120)
