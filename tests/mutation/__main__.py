"""Counts the changes of the code that the tests notice: ``make mutate``.

    python tests/mutation [--package NAME]... [--count N] [--seed N]

Ends with 1 where fewer than 90 % of a package's mutants that change anything are noticed.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from equivalents import equivalents, key
from mutants import Mutant, mutants, sample
from packages import PACKAGES, Package
from processes import End, Run, copies, play, pytest_main, warm_up
from selection import measured

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "mutation"
COUNT, SEED = 200, 13
LEAST = 0.9
"""Part of a package's mutants that change anything and are to be noticed."""
_BECAME = {End.PASSED: "survived", End.FAILED: "killed", End.TIMEOUT: "timeout"}


def main() -> int:
    """Mutate, test and report."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--package", action="append", choices=[*PACKAGES], help="all, unless some are named")
    asked.add_argument("--count", type=int, default=COUNT, help="mutants a package")
    asked.add_argument("--seed", type=int, default=SEED, help="of the sample")
    arguments = asked.parse_args()
    warm_up()
    trees = copies(ROOT, FOLDER)
    scores = [
        _report(name, _outcomes(PACKAGES[name], arguments.count, arguments.seed, trees))
        for name in arguments.package or PACKAGES
    ]
    return int(min(scores) < LEAST)


@dataclass(frozen=True)
class Outcome:
    """The result of a mutant.

    Attributes:
        mutant: The mutant.
        became: Equivalent, killed, timeout, survived or never run.
        seconds: Of processor time.
    """

    mutant: Mutant
    became: str
    seconds: float = 0.0


def _outcomes(package: Package, count: int, seed: int, trees: Sequence[Path]) -> Iterator[Outcome]:
    """Give the result of each mutant of a package's sample."""
    tests = measured(package.test_files(ROOT), package.options, ROOT, FOLDER / "lines", trees)
    drawn = sample((mutant for file in package.files(ROOT) for mutant in mutants(ROOT, file)), count, seed)
    listed = equivalents()
    runs = []
    for mutant in drawn:
        chosen = tests.of(mutant)
        if key(mutant) in listed:
            yield Outcome(mutant, "equivalent")
        elif not chosen:
            yield Outcome(mutant, "never run")
        else:
            limit = 20 + 3 * tests.seconds(chosen)
            changed = {mutant.path: mutant.source}
            runs.append((mutant, Run(partial(_noticed_by, chosen), limit, changed)))
    for mutant, end, seconds in play(runs, trees):
        yield Outcome(mutant, _BECAME[end], seconds)


def _noticed_by(tests: Sequence[str], _: Path) -> bool:
    return pytest_main(tests)


def _report(name: str, outcomes: Iterable[Outcome]) -> float:
    """Tell what becomes of a package's mutants; the part of those that change anything and are noticed."""
    print(f"{name}:", flush=True)
    counts: Counter[str] = Counter()
    seconds = 0.0
    for outcome in outcomes:
        counts[outcome.became] += 1
        seconds += outcome.seconds
        if outcome.became in {"survived", "never run"}:
            at = f"{counts.total()}, {outcome.seconds:.0f} s"
            print(f"  {outcome.became} ({at}): {outcome.mutant.name}", flush=True)
    changing = counts.total() - counts["equivalent"]
    noticed = counts["killed"] + counts["timeout"]
    told = ", ".join(f"{count} {became}" for became, count in sorted(counts.items()))
    print(
        f"  {noticed} of {changing} noticed, {noticed / changing:.1%}: {told}; {seconds / 60:.0f} minutes",
        flush=True,
    )
    return noticed / changing


if __name__ == "__main__":
    raise SystemExit(main())
