"""The mutants: where code is changed, where not, and which are drawn."""

from pathlib import Path

import pytest

pytest.importorskip("mutmut", reason="`make mutate` installs it")

from mutants import Mutant, mutants, sample

SOURCE = '''"""Numbers."""

TABLE = {"one": 1}


class Box:
    @property
    def volume(self) -> int:
        return self.side * 3


def pair(left: list[int], right: list[int]) -> list[tuple[int, int]]:
    if len(left) + 1 < 2:
        raise ValueError(f"no pair of {len(left) - 1} numbers")
    note = "a text for people"
    return list(zip(left, right, strict=True))
'''


@pytest.fixture
def found(tmp_path: Path) -> list[Mutant]:
    (tmp_path / "code.py").write_text(SOURCE)
    return list(mutants(tmp_path, "code.py"))


def changes(found: list[Mutant], function: str) -> set[str]:
    return {mutant.after for mutant in found if mutant.function == function}


def test_tables_and_decorated_functions_are_changed_too(found: list[Mutant]) -> None:
    assert 'TABLE = {"one": 2}' in changes(found, "")
    assert changes(found, "Box.volume") == {"return self.side / 3", "return self.side * 4"}


def test_texts_for_people_are_not(found: list[Mutant]) -> None:
    after = changes(found, "pair")
    assert not any("XX" in line or "no pair" in line for line in after)
    assert "note = None" in after


def test_an_assertion_of_equal_lengths_stays(found: list[Mutant]) -> None:
    assert all("strict=True" in line for line in changes(found, "pair") if "zip(" in line)


def test_a_mutant_is_the_whole_file_with_one_change(found: list[Mutant]) -> None:
    (mutant,) = (mutant for mutant in found if mutant.after == "return self.side * 4")
    assert mutant.source == SOURCE.replace("* 3", "* 4")
    assert (mutant.before, mutant.lines) == ("return self.side * 3", (9, 9))


def test_what_is_drawn_hardly_depends_on_the_rest_of_the_code(found: list[Mutant], tmp_path: Path) -> None:
    drawn = sample(found, 5, seed=1)
    assert drawn == sample(found, 5, seed=1) != sample(found, 5, seed=2)
    (tmp_path / "code.py").write_text(SOURCE + "\n\ndef more() -> int:\n    return 1\n")
    again = {mutant.name for mutant in sample(mutants(tmp_path, "code.py"), 5, seed=1)}
    kept = again & {mutant.name for mutant in drawn}
    assert len(kept) >= 3
