"""The cases that the property tests draw depend on nothing but the test."""

import random
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from helpers.draws import SEED
from hypothesis import given
from hypothesis import strategies as st

ODD = 918_273_645_546


def drawn() -> list[object]:
    """All that a property is tried on."""
    found: list[object] = []

    @given(st.integers(), st.floats(), st.text(), st.randoms())
    def check(number: int, fraction: float, text: str, own: random.Random) -> None:
        others = random.random(), np.random.random(), float(torch.rand(()))  # noqa: NPY002
        found.append(repr((number, fraction, text, own.random(), others)))

    check()
    return found


@pytest.mark.skipif(SEED is not None, reason="fresh cases are drawn")
def test_they_are_the_same_in_every_run() -> None:
    before = drawn()
    random.seed(1)
    torch.manual_seed(1)
    assert len(before) == 100
    assert drawn() == before


@pytest.mark.skipif(SEED is not None, reason="fresh cases are drawn")
def test_whatever_modules_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn()
    module = ModuleType("odd")
    module.__file__ = str(tmp_path / "odd.py")
    (tmp_path / "odd.py").write_text(f"NUMBERS = {[ODD + step for step in range(100)]}\n")
    monkeypatch.setitem(sys.modules, "odd", module)
    assert drawn() == before


def test_a_test_begins_with_the_same_random_numbers_whatever_ran_before() -> None:
    assert random.random() == random.Random(0).random()
    assert np.random.random() == np.random.RandomState(0).random()  # noqa: NPY002
    assert torch.rand(()) == torch.rand((), generator=torch.Generator().manual_seed(0))
