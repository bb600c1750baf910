"""The `fpga-ee` command: arguments in, tables out.

Verbs import modules when they run, because torch alone takes longer to load than the help should take.
"""

import os
import sys
from typing import Annotated

import typer

from fpga_ee import __version__
from fpga_ee.cli import accelerators, deploying, designs, networks
from fpga_ee.cli.usage import used
from fpga_ee.current_folder import load_matplotlib_apart
from fpga_ee.guard import guarded

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command.

    Bad input ends it with one line on stderr and exit code 2 (``guard.py`` has the others).
    """
    # PyTorch's threads would spin while they wait for each other. Beside any other load, this makes a verb
    # take
    # twice as long. The variable must be set before PyTorch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    load_matplotlib_apart()
    sys.exit(guarded(lambda: sys.exit(used(app))))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fpga-ee {__version__}")
        raise typer.Exit


@app.callback()
def fpga_ee(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and end.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Put early-exit neural networks on FPGAs, exact from PyTorch to the bitstream."""


for verbs in (networks, deploying, designs, accelerators):
    verbs.register(app)
