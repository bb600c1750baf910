"""Latency and interval of every module, as its header states them, equal those of a simulation."""

from pathlib import Path

import pytest
from helpers import testbench
from helpers.headers import claims, value
from helpers.moving_rows import LEAD, MOVING, STEPS, moved, wrapped
from helpers.shared import shared
from helpers.stream_rows import MEASURED, OFFERED, ROWS
from helpers.testbench import Outcome

from fpga_ee.hardware.tools import sources as library

COMBINATIONAL = ("word_select",)


@pytest.fixture(scope="session")
def measured() -> dict[str, Outcome]:
    """Everything in one program, by the number of a row or the name of a step."""
    cases = {str(index): row.case for index, row in enumerate(ROWS)}
    cases |= {name: moved(moving, name) for name, (_, moving) in STEPS.items()}

    def simulate(folder: Path) -> None:
        wrappers = folder / "wrappers.sv"
        wrappers.write_text("".join(wrapped(module, step, name) for name, (module, step) in STEPS.items()))
        testbench.run([*cases.values()], folder, further=[wrappers])

    outcomes = testbench.outcomes([*cases.values()], shared("headers", simulate))
    return dict(zip(cases, outcomes, strict=True))


@pytest.mark.parametrize("number", range(len(ROWS)), ids=[str(row) for row in ROWS])
def test_a_stream_is_as_late_and_as_fast_as_the_header_says(
    number: int, measured: dict[str, Outcome]
) -> None:
    row, outcome = ROWS[number], measured[str(number)]
    times = outcome.entered | {prefix: outcome.cycles(prefix) for prefix in row.case.outputs}
    times[OFFERED] = [1]
    if row.latency is not None:
        (start, beat_in), (end, beat_out) = row.since, row.until
        said = value(claims(row.module, "Latency")[row.latency], row.numbers)
        assert times[end][beat_out] - times[start][beat_in] == said
    if row.interval is not None:
        said = value(claims(row.module, "Interval")[row.interval], row.numbers) + row.plus
        prefix, beats = row.per
        assert times[prefix][-1] - times[prefix][-1 - MEASURED * beats] == MEASURED * said


@pytest.mark.parametrize("name", STEPS)
def test_what_a_step_changes_shows_as_late_as_the_header_says(
    name: str, measured: dict[str, Outcome]
) -> None:
    module, step = STEPS[name]
    numbers = {parameter: number for parameter, number in step.numbers.items() if isinstance(number, int)}
    shown = [data for _, data, _ in measured[name].taken["out"]]
    changes = [move for move in range(LEAD, len(shown)) if shown[move] != shown[move - 1]]
    (latency,), (interval,) = claims(module, "Latency"), claims(module, "Interval")
    assert changes[0] == LEAD + value(latency, numbers)
    assert changes[1] - changes[0] == value(interval, numbers)


def test_everything_that_a_header_states_is_measured() -> None:
    stated = {
        (path.stem, kind, index)
        for path in library.modules()
        if path.stem not in COMBINATIONAL
        for kind in ("Latency", "Interval")
        for index in range(len(claims(path.stem, kind)))
    }
    found = {(row.module, "Latency", row.latency) for row in ROWS if row.latency is not None}
    found |= {(row.module, "Interval", row.interval) for row in ROWS if row.interval is not None}
    found |= {(module, kind, 0) for module in MOVING for kind in ("Latency", "Interval")}
    assert found == stated


@pytest.mark.parametrize("module", COMBINATIONAL)
def test_a_module_without_registers_says_so(module: str) -> None:
    text = (library.LIBRARY / f"{module}.sv").read_text()
    assert "// Combinational" in text
    assert "posedge" not in text
