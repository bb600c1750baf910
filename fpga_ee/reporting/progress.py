"""Progress: bars for runs side by side, and one line for a run of unknown length."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from fpga_ee.printable import printable

_UPDATE_SECONDS = 0.1


@contextmanager
def progress_bars(console: Console) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Give a function that starts a bar with a name and a length, and returns a function that moves it.

    The bars disappear at the end. Without a terminal there are none.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:

        def start(name: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(name, total=total)
            pending, shown = 0, 0.0

            def advance(count: int) -> None:
                # Ten thousand single updates would cost more than the work that they report.
                nonlocal pending, shown
                pending += count
                if (now := monotonic()) - shown >= _UPDATE_SECONDS:
                    progress.advance(task, pending)
                    pending, shown = 0, now

            return advance

        yield start


@contextmanager
def status_line(console: Console) -> Iterator[Callable[[str], None]]:
    """Give a function that shows a line about the current work. The line disappears at the end.

    Without a terminal nothing is shown.
    """
    with console.status("") as status:
        yield lambda line: status.update(Text(printable(line)))
