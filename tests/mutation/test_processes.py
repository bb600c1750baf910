"""Tests in a fork pass where none fails, also where options leave all out."""

import os
from pathlib import Path

import pytest

pytest.importorskip("mutmut", reason="`make mutate` installs it")

from processes import pytest_main

FAILING = "def test_of_one() -> None:\n    assert False\n"


def passed(folder: Path, test: str = ".", *options: str) -> bool:
    """Tell whether tests of a folder pass, in a process of their own as a mutant's tests."""
    pid = os.fork()
    if not pid:
        os.chdir(folder)
        os._exit(0 if pytest_main([test, f"--rootdir={folder}", *options]) else 1)
    return os.waitpid(pid, 0)[1] == 0


def test_a_failing_test_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    assert not passed(tmp_path)


def test_a_file_whose_tests_are_all_left_out_passes(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    assert passed(tmp_path, ".", "-k", "not of_one")


def test_a_test_that_is_not_there_any_more_is_told(tmp_path: Path) -> None:
    """A mutant may change the parameters of a test, and so its name."""
    (tmp_path / "test_failing.py").write_text(FAILING)
    assert not passed(tmp_path, "test_failing.py::test_of_two")
