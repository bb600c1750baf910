"""The lines that each test runs, and the time that it takes."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import coverage
import pytest
from mutants import Mutant
from processes import End, Run, play, pytest_main

LONGEST = 30.0
"""Seconds of processor time for the tests of one mutant: the quickest of those that run its line."""

COVERING = 500.0
"""Seconds of processor time for one file of tests."""


def _now() -> float:
    """Seconds of processor time of this process and of those that it started and that ended."""
    return sum(os.times()[:4])


class Watch:
    """A plugin of pytest that tells coverage.py which test runs, or which fixture that others share."""

    def __init__(self, measuring: coverage.Coverage) -> None:
        self._measuring = measuring
        self._fixtures: list[str] = []
        self.costs: dict[str, float] = {}
        self.shared: dict[str, list[str]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._measuring.switch_context(item.nodeid)
        began, before = _now(), sum(self.costs.values())
        self.shared[item.nodeid] = list(getattr(item, "fixturenames", []))
        try:
            return (yield)
        finally:
            of_fixtures = sum(self.costs.values()) - before
            self.costs[item.nodeid] = _now() - began - of_fixtures

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        if fixturedef.scope == "function":
            return (yield)
        outer = self._fixtures[-1] if self._fixtures else request.node.nodeid
        self._fixtures.append(f"fixture {fixturedef.argname}")
        self._measuring.switch_context(self._fixtures[-1])
        began, before = _now(), sum(self.costs.values())
        try:
            return (yield)
        finally:
            name = self._fixtures.pop()
            inner = sum(self.costs.values()) - before
            self.costs[name] = self.costs.get(name, 0) + _now() - began - inner
            if self._fixtures:
                self._measuring.switch_context(outer)
            elif request._pyfuncitem is not None:
                self._measuring.switch_context(request._pyfuncitem.nodeid)


def _measure(path: str, options: Sequence[str], tree: Path) -> bool:
    """Run a file of tests, and note the lines of each in the copy's ``lines.json``."""
    measuring = coverage.Coverage(data_file=None, source=[str(tree / "fpga_ee")])
    measuring.start()
    watch = Watch(measuring)
    passed = pytest_main([*options, path], [watch])
    measuring.stop()
    data = measuring.get_data()
    lines = {
        str(Path(file).relative_to(tree)): {
            line: [context for context in contexts if context]
            for line, contexts in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }
    (tree / "lines.json").write_text(
        json.dumps({"costs": watch.costs, "shared": watch.shared, "lines": lines})
    )
    return passed


@dataclass(frozen=True)
class Measured:
    """The lines that tests run.

    Attributes:
        costs: Seconds of processor time of each, without fixtures that several share, and of these fixtures.
        shared: Names of the fixtures of each.
        lines: Of each file and line, the tests and fixtures that run it.
    """

    costs: dict[str, float]
    shared: dict[str, list[str]]
    lines: dict[str, dict[int, set[str]]]

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that may notice a mutant, quickest first.

        They run its statement. What is changed outside of functions runs at import, and what only lists the
        tests runs before them: any test may see it, those first that run its file.
        """
        lines = self.lines.get(mutant.path, {})
        first, last = mutant.lines
        statement = range(first, last + 1)
        running = self._running(lines, statement)
        if running and mutant.function:
            return self._affordable(sorted(running, key=self._cost))
        if not any(line in lines for line in statement):
            return []
        near = self._running(lines, lines)
        return self._affordable(sorted(self.shared, key=lambda test: (test not in near, self._cost(test))))

    def _running(self, lines: dict[int, set[str]], wanted: Iterable[int]) -> set[str]:
        """The tests that run some lines, or whose fixtures do."""
        contexts: set[str] = set()
        contexts.update(*(lines.get(line, ()) for line in wanted))
        return {
            test
            for test, fixtures in self.shared.items()
            if test in contexts or any(f"fixture {name}" in contexts for name in fixtures)
        }

    def _affordable(self, tests: Iterable[str]) -> list[str]:
        """As many of the tests as take no longer than ``LONGEST``."""
        chosen: list[str] = []
        ready: set[str] = set()
        total = 0.0
        for test in tests:
            fixtures = {f"fixture {name}" for name in self.shared[test]} - ready
            total += self.costs[test] + sum(self.costs.get(name, 0) for name in fixtures)
            if total > LONGEST and chosen:
                break
            ready |= fixtures
            chosen.append(test)
        return chosen

    def seconds(self, tests: Iterable[str]) -> float:
        """Sum the time of tests."""
        found = [*tests]
        fixtures = {f"fixture {name}" for test in found for name in self.shared[test]}
        return sum(self.costs.get(name, 0) for name in [*found, *fixtures])

    def _cost(self, test: str) -> float:
        return self.costs[test] + sum(self.costs.get(f"fixture {name}", 0) for name in self.shared[test])


def measured(
    files: Sequence[str], options: Sequence[str], root: Path, folder: Path, trees: Sequence[Path]
) -> Measured:
    """What tests run, measured again where they, their helpers or our code changed.

    Args:
        files: Files of tests, from the root.
        options: Of pytest.
        root: The repository.
        folder: Keeps what is measured.
        trees: Copies of the repository to work in.

    Raises:
        SystemExit: A test fails without any mutant.
    """
    folder.mkdir(parents=True, exist_ok=True)
    everything = _digest(path for path in _code(root) if not path.name.startswith("test_"))
    places = {file: folder / f"{_digest([root / file])}-{everything}.json" for file in files}
    missing = [file for file in files if not places[file].exists()]
    runs = [(file, Run(partial(_kept, file, options, places[file]), COVERING)) for file in missing]
    for file, end, seconds in play(runs, trees):
        if end is not End.PASSED:
            raise SystemExit(f"{file}: the tests {end.value} as the code is; mend them first")
        print(f"  {file}: lines measured in {seconds:.0f} s", flush=True)
    costs: dict[str, float] = {}
    shared: dict[str, list[str]] = {}
    lines: dict[str, dict[int, set[str]]] = {}
    for place in places.values():
        record = json.loads(place.read_text(encoding="utf-8"))
        costs |= record["costs"]
        shared |= record["shared"]
        for file, contexts in record["lines"].items():
            of_file = lines.setdefault(file, {})
            for line, names in contexts.items():
                of_file.setdefault(int(line), set()).update(names)
    return Measured(costs, shared, lines)


def _kept(file: str, options: Sequence[str], place: Path, tree: Path) -> bool:
    passed = _measure(file, options, tree)
    if passed:
        (tree / "lines.json").rename(place)
    return passed


def _code(root: Path) -> list[Path]:
    return sorted([*(root / "fpga_ee").rglob("*.py"), *(root / "tests").rglob("*.py")])


def _digest(paths: Iterable[Path]) -> str:
    return sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]
