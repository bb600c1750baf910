"""No bad input ends in a traceback, leaves anything half-written, or is taken where it is invalid.

``HOSTILE_INPUTS`` is how many are drawn, and ``HOSTILE_SEED`` decides which; ``make test-random`` sets both.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from fpga_ee.cli import app
from hostile.files import FILES
from hostile.options import numeric_options
from hostile.workplace import COMMANDS

FEW = 150
SECONDS = 90
"""Of processor time, for the few that are drawn in every run of the tests."""


def test_bad_inputs_end_in_one_line_and_leave_nothing(tmp_path: Path) -> None:
    inputs = int(os.environ.get("HOSTILE_INPUTS", FEW))
    seed = os.environ.get("HOSTILE_SEED", "always")
    record = tmp_path / "outcomes.jsonl"
    tests = Path(__file__).parents[1]
    command = ["-m", "hostile.run", "--inputs", str(inputs), "--seed", seed, "--record", str(record)]
    # In a process of its own, which has no threads and so can be forked.
    result = subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"PYTHONPATH": str(tests), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert record.exists(), result.stderr
    outcomes = [json.loads(line) for line in record.read_text().splitlines()]
    print(result.stdout)  # noqa: T201 - the counts, and how to repeat a failure
    wrong = [outcome for outcome in outcomes if outcome["faults"]]
    assert not wrong, f"repeat with HOSTILE_SEED={seed} HOSTILE_INPUTS={inputs}"
    assert len(outcomes) == inputs
    assert any(outcome["case"]["invalid"] for outcome in outcomes)
    assert any(outcome["code"] == 0 for outcome in outcomes), "a bad input that may be taken is"
    if inputs == FEW:
        assert sum(outcome["seconds"] for outcome in outcomes) <= SECONDS


def test_every_verb_is_given_bad_inputs() -> None:
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    # It takes no argument, and reads no file.
    assert {arguments[0] for arguments in COMMANDS.values()} == verbs - {"networks"}


def test_every_command_reads_a_file_that_is_broken() -> None:
    # That one reads the images that no command may change.
    assert set(COMMANDS) - {file.command for file in FILES} == {"train"}


def test_every_verb_with_a_numeric_option_is_broken() -> None:
    assert {option.verb for option in numeric_options()} <= set(COMMANDS)
    assert len(list(numeric_options())) > 30
