"""A check as tables for the terminal."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fpga_ee.quantization.authored import AuthoredLayer
from fpga_ee.quantization.operators.known import KNOWN
from fpga_ee.verification.findings import TAKERS, Answer, Check, Refusal

_STYLES = {Answer.TAKEN: "green", Answer.REFUSED: "red", Answer.NOT_ASKED: "dim"}
_KNOWN = f"; it knows {KNOWN}"


def check_tables(check: Check) -> RenderableType:
    """Show every layer with three answers, each refusal with its reason, and the room of the board."""
    return Group(_layers(check), *_refusals(check), *_unasked(check), *_rooms(check), _verdict(check))


def _layers(check: Check) -> Table:
    table = Table(title=f"{escape(check.network)}: who takes its layers", title_justify="left")
    table.add_column("layer")
    table.add_column("what it is")
    for taker in TAKERS:
        table.add_column(taker, justify="center")
    for layer in check.layers:
        answers = [check.answer(taker, layer) for taker in TAKERS]
        table.add_row(
            escape(layer.name), escape(layer.kind), *(Text(each.value, _STYLES[each]) for each in answers)
        )
    return table


def _refusals(check: Check) -> Iterator[RenderableType]:
    """Write one paragraph for each reason, with all of its layers."""
    for taker in TAKERS:
        reasons: dict[str, list[Refusal]] = {}
        for refusal in check.of(taker):
            reasons.setdefault(refusal.reason, []).append(refusal)
        if reasons:
            yield Text(f"\nrefused by {taker}:", "bold")
        for reason, refusals in reasons.items():
            named = [check.network if each.layer is None else str(each.layer) for each in refusals]
            yield _indented(f"{', '.join(dict.fromkeys(named))}: {reason.replace(_KNOWN, '')}")
        if any(_KNOWN in reason for reason in reasons):
            yield _indented(f"Fixed point knows {KNOWN}.")
        if taker in check.not_asked:
            yield Text(f"\n{taker} was not asked: {check.not_asked[taker]}")


def _unasked(check: Check) -> Iterator[RenderableType]:
    leading: dict[AuthoredLayer, list[str]] = {}
    for layer in check.layers:
        if layer in check.unasked:
            leading.setdefault(check.unasked[layer], []).append(str(layer))
    if leading:
        yield Text("\nnot known:", "bold")
    for refused, layers in leading.items():
        yield _indented(f"{', '.join(layers)}: only {refused} follows, which is refused")


def _rooms(check: Check) -> Iterator[RenderableType]:
    words = {True: "it fits", False: "IT DOES NOT FIT", None: "not known whether it fits"}
    yield Text(f"\nroom on {check.board}:", "bold")
    for room in check.rooms:
        yield _indented(f"{room.taker}: {words[room.fits]}: {room.reason}")


def _indented(text: str) -> Padding:
    return Padding(Text(text), (0, 0, 0, 2))


def _verdict(check: Check) -> Text:
    if check.passed:
        return Text("\nTAKEN: by all who were asked", "green")
    layers = {refusal.layer for refusal in check.refusals if refusal.layer is not None}
    found = [f"{len(layers)} of {len(check.layers)} layers are refused by someone"] if layers else []
    # For example, a network whose sums or whose export fail as a whole.
    found += [f"{refusal.taker} refuses the network" for refusal in check.refusals if refusal.layer is None]
    short = [room.taker for room in check.rooms if room.fits is False]
    if short:
        found.append(f"{check.board} has no room for the smallest design by {' and by '.join(short)}")
    return Text(f"\nNOT TAKEN: {'; '.join(found)}", "red")
