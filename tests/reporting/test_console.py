"""Printed text is plain: no markup, no terminal escapes, no formulas in names from outside."""

from pathlib import Path

import pytest
from rich.table import Table

from fpga_ee.reporting.console import PlainConsole
from fpga_ee.reporting.picture import picture
from fpga_ee.reporting.progress import progress_bars, status_line

NAMES = ["[/b]", "[bold red]x[/]", "[link=file:///etc/passwd]here[/link]", ":smile:", "$\\frac{$", "a[0]"]


def plain() -> PlainConsole:
    return PlainConsole(width=200, markup=False, emoji=False)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_they_are(name: str) -> None:
    console = plain()
    table = Table(title=f"title {name}", caption=f"caption {name}")
    table.add_column(f"column {name}")
    table.add_row(f"cell {name}")
    with console.capture() as capture:
        console.print(table)
        console.print(f"line {name}")
        console.say(f"said {name}")
    printed = capture.get()
    for place in ("title", "caption", "column", "cell", "line", "said"):
        assert f"{place} {name}" in printed


def test_nothing_steers_the_terminal() -> None:
    console = plain()
    table = Table(title="\x1b[31mred")
    table.add_column("bell\x07")
    table.add_row("\u202eback")
    with console.capture() as capture:
        console.print(table)
        console.say("\x1b]0;title\x07")
    printed = capture.get()
    assert "\\x1b[31mred" in printed
    assert "\\u202eback" in printed
    assert not {"\x1b", "\x07", "\u202e"} & set(printed)


def test_a_path_that_is_said_is_not_broken() -> None:
    console, path = plain(), "/folder" * 100
    with console.capture() as capture:
        console.say(f"written to {path}")
    assert capture.get() == f"written to {path}\n"


@pytest.mark.parametrize("name", NAMES)
def test_what_goes_on_is_shown_as_it_is(name: str) -> None:
    console = PlainConsole(width=200, markup=False, emoji=False, force_terminal=True)
    with console.capture() as capture:
        with status_line(console) as say:
            say(name)
        with progress_bars(console) as start:
            start(name, 100)(100)
    assert capture.get()


@pytest.mark.parametrize("name", [*NAMES, "$x$", "\\alpha$_{", "☃" * 300])
def test_a_name_is_no_formula_in_a_picture(tmp_path: Path, name: str) -> None:
    path = tmp_path / "picture.png"
    with picture(path, (3, 2)) as figure:
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], label=name)
        axes.set_title(name)
        axes.set_yticks([0, 1], [name, name])
        axes.legend()
    assert path.read_bytes().startswith(b"\x89PNG")
