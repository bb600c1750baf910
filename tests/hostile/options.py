"""Every numeric option of every verb, as Typer itself tells them, with values that it should not have."""

import enum
import inspect
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass

from typer.models import OptionInfo

from fpga_ee.cli import app

INVALID = ("nan", "inf", "-inf", "abc", "", "1e308", "-1", "-1e308", "9" * 5000, "0x10", "--", "None")
"""Values that no option takes."""

ODD = (
    "0", "1", "1e-320", "0.5", "2", "1" + "0" * 30, "2147483648", "1000000", "-0.0", "1e3", " 1 ", "0.0001",
    "\u0661", "1_0",
)  # fmt: skip

BUDGETS_INVALID = (
    "lut=0.5,lut=0.6",
    "lut=0.5, LUT=0.5",
    "0.5,0.5",
    "nan",
    "inf",
    "-1",
    "2",
    "lut=nan",
    "lut=",
    "=0.5",
    "colour=1",
    "0.5=lut",
    ",",
    "1e308",
    "0",
)
BUDGETS_ODD = ("0.5", "lut=0.5,0.6", "1e-9", "dsp=1e-300", " lut = 0.5 ")


@dataclass(frozen=True)
class NumericOption:
    """An option that takes a number."""

    verb: str
    flag: str


def numeric_options() -> Iterator[NumericOption]:
    """All of them."""
    for command in app.registered_commands:
        callback = command.callback
        assert callback is not None
        hints = typing.get_type_hints(callback, include_extras=True)
        for name, parameter in inspect.signature(callback).parameters.items():
            kind, *notes = typing.get_args(hints[name]) if _is_annotated(hints[name]) else (hints[name],)
            option = next((note for note in notes if isinstance(note, OptionInfo)), None)
            if (
                option is not None
                and _holds_a_number(kind)
                and parameter.default is not inspect.Parameter.empty
            ):
                flags = [flag for flag in option.param_decls or () if flag.startswith("--")]
                verb = command.name or callback.__name__
                yield NumericOption(verb, flags[0] if flags else f"--{name.replace('_', '-')}")


def _is_annotated(hint: object) -> bool:
    return typing.get_origin(hint) is typing.Annotated


def _holds_a_number(kind: object) -> bool:
    if kind in {int, float}:
        return True
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return False
    if typing.get_origin(kind) in {types.UnionType, typing.Union, list}:
        return any(_holds_a_number(part) for part in typing.get_args(kind))
    return False


CHOICES = (
    ("calibrate", "--dataset"),
    ("calibrate", "--criterion"),
    ("verify", "--dataset"),
    ("verify", "--split"),
    ("verify", "--network"),
    ("check", "--board"),
    ("hw-estimate", "--board"),
    ("hw-estimate", "--target"),
    ("hw-generate", "--design"),
    ("hw-synth", "--board"),
    ("hw-route", "--board"),
)
"""Options that take one of a few words, or the name of a file."""

VERBS_WITH_BUDGET = ("hw-estimate", "hw-explore", "hw-fastest")
