"""The tests of a mutant: those that run its statement, quickest first."""

import pytest

pytest.importorskip("mutmut", reason="`make mutate` installs it")

from mutants import Mutant
from selection import LONGEST, Measured

TESTS = Measured(
    costs={"slow": 3.0, "quick": 1.0, "of a fixture": 0.5, "elsewhere": 0.1, "fixture shared": 2.0},
    shared={"slow": [], "quick": [], "of a fixture": ["shared"], "elsewhere": []},
    lines={"code.py": {1: set(), 2: set(), 3: {"slow", "quick"}, 4: {"fixture shared"}, 5: {"quick"}}},
)
"""Four tests and a fixture. Line 1 runs at import, and line 2 where the parameters of tests are listed."""


def mutant(line: int, function: str = "function") -> Mutant:
    return Mutant("code.py", function, "before", "after", (line, line), "source")


def test_those_that_run_a_statement_come_quickest_first() -> None:
    assert TESTS.of(mutant(3)) == ["quick", "slow"]
    assert TESTS.of(mutant(5)) == ["quick"]


def test_a_test_runs_what_its_fixtures_run() -> None:
    assert TESTS.of(mutant(4)) == ["of a fixture"]


@pytest.mark.parametrize("before", [mutant(1, ""), mutant(2)], ids=["at import", "for parameters"])
def test_what_runs_before_all_tests_concerns_all_of_them(before: Mutant) -> None:
    """Those first that run the file at all."""
    assert TESTS.of(before) == ["quick", "of a fixture", "slow", "elsewhere"]


def test_what_nothing_runs_concerns_no_test() -> None:
    assert TESTS.of(mutant(6)) == []
    assert TESTS.of(Mutant("other.py", "", "before", "after", (1, 1), "source")) == []


def test_tests_are_left_out_that_take_too_long_together() -> None:
    costs = TESTS.costs | {"quick": LONGEST - 4, "slow": 5.0}
    tests = Measured(costs, TESTS.shared, {"code.py": {1: {"quick", "slow"}, 2: {"slow"}}})
    assert tests.of(mutant(1)) == ["slow"]
    assert tests.of(mutant(2)) == ["slow"]
    alone = Measured(TESTS.costs | {"slow": 2 * LONGEST}, TESTS.shared, TESTS.lines)
    assert alone.of(mutant(3)) == ["quick"]
