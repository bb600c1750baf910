"""Reports a wrong command line in one line and in our words; Typer would draw a box."""

import re

import typer

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.schemas import in_our_words

WRONG_USE: type[Exception] = typer.BadParameter.__bases__[0]
"""Typer's error about a command line. Typer itself exports only its subclass about values."""

_OURS = (
    (r"Invalid value for '(?P<name>[^:]+)': must ", r"\g<name> must "),
    (r"Invalid value for '(?P<name>[^:]+)': (Value error, )?", r"\g<name>: "),
    (r"Missing (argument|option) '(?P<name>[^']+)'", r"\g<name> is missing"),
    (r"No such option: (?P<name>\S+)", r"there is no option \g<name>"),
    (r"No such command (?P<name>'[^']*')", r"there is no verb \g<name>"),
    (r" \(Possible options: (?P<names>.+)\)", r"; did you mean \g<names>?"),
    (r"\. Did you mean ", r"; did you mean "),
    (r"Option '(?P<name>[^']+)' requires an argument", r"\g<name> needs a value"),
    (r"Option '(?P<name>[^']+)' does not take a value", r"\g<name> takes no value"),
    (r"Got unexpected extra argument(s|\(s\))? \((?P<words>.*)\)", r"there is no place for \g<words>"),
)
"""Typer's wording of a problem, and ours."""


def used(app: typer.Typer) -> int:
    """Run the verb that the command line names.

    Returns:
        The exit code that the verb chose; 0 if it chose none.

    Raises:
        FpgaEeError: The command line names no verb, or an option, argument or value that the verb does not
            take.
    """
    try:
        code = app(prog_name="fpga-ee", standalone_mode=False)
    except WRONG_USE as error:
        text = error.format_message()  # type: ignore[attr-defined]
        if not text.strip():
            # Typer has shown the help, because the command line is empty.
            return 2
        raise FpgaEeError(_in_one_line(text, error)) from error
    return code if isinstance(code, int) else 0


def _in_one_line(text: str, error: Exception) -> str:
    message = in_our_words(" ".join(text.split()).rstrip("."))
    for theirs, ours in _OURS:
        message = re.sub(theirs, ours, message)
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "fpga-ee")
    return f"{message} (see `{path} --help`)"
