"""One bench for the cases of all modules: compiling costs more than simulating."""

from collections.abc import Callable

import pytest
from helpers import testbench
from helpers.shared import shared
from helpers.testbench import Outcome

from . import test_exit_decisions, test_layers, test_requantise_filters, test_streams

Outcomes = Callable[[str], list[Outcome]]


@pytest.fixture(scope="session")
def outcomes() -> Outcomes:
    """Give the outcomes of a group of cases, after checking that they are as they must be."""
    tests = (test_streams, test_layers, test_exit_decisions, test_requantise_filters)
    groups = {name: cases for test in tests for name, cases in test.cases().items()}
    flat = [(name, case) for name, cases in groups.items() for case in cases]
    cases = [case for _, case in flat]
    simulated = testbench.outcomes(cases, shared("bench", lambda folder: testbench.run(cases, folder)))

    def checked(group: str) -> list[Outcome]:
        chosen = [outcome for (name, _), outcome in zip(flat, simulated, strict=True) if name == group]
        assert chosen
        for outcome in chosen:
            outcome.check()
        return chosen

    return checked
