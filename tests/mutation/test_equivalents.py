"""The list of mutants that change nothing is about the code as it is."""

from pathlib import Path

import pytest

pytest.importorskip("mutmut", reason="`make mutate` installs it")

from equivalents import equivalents, key
from mutants import mutants

ROOT = Path(__file__).parents[2]


def test_every_listed_mutant_is_one_of_the_code() -> None:
    """A line that changed its text has no mutant in the list any more, so its entry goes."""
    listed = equivalents()
    files = {file for file, *_ in listed}
    known = {key(mutant) for file in files for mutant in mutants(ROOT, file)}
    assert not listed.keys() - known
