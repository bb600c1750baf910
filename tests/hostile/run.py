"""Runs bad inputs, each in a process of its own, forked from a process that has loaded everything.

``python -m hostile.run --inputs 2000 --seed abc`` (with ``tests`` on Python's path) runs 2000 inputs by hand.
``--only 17`` runs input 17 alone, and prints its outcome even if all is well.
"""

import argparse
import faulthandler
import gc
import json
import os
import resource
import secrets
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from fpga_ee import cli
from hostile.cases import Case, draw
from hostile.workplace import make, stubbed

SECONDS = 10
"""Most seconds of processor time."""

MEGABYTES = 2048
"""Most megabytes of resident memory."""

MOST_WRITTEN = 256 << 20
"""Most bytes of a written file, so that no input can fill a disk."""

MOST_WAIT = 300
"""Most seconds on the clock."""

_WORK = (".of-fpga-ee", "/synthesis/", "trained/interrupted.ckpt")
"""Files that may differ after a run that fails."""

_CODES = {0, 1, 2}


@dataclass(frozen=True)
class Outcome:
    """The result of a bad input.

    Attributes:
        number: Its number.
        case: The bad input.
        code: Exit code; negative where a signal ended it.
        seconds: Processor time.
        megabytes: Most resident memory.
        message: The last line of stderr.
        faults: Faults of the outcome; empty where all is well.
    """

    number: int
    case: Case
    code: int
    seconds: float
    megabytes: float
    message: str
    faults: tuple[str, ...]


def run(seed: str, number: int, good: Path, shared: Path) -> Outcome:
    """Draw a bad input and run it in a copy of the good folder."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as place:
        around = Path(place)
        home = around / "home"
        shutil.copytree(good, home)
        (around / "tmp").mkdir()
        case = draw(seed, number, home)
        before = _files(home)
        pid = os.fork()
        if pid == 0:
            _child(case, around, shared)
        _, status, used = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        said = (around / "err").read_text(errors="replace")
        faults = list(_faults(case, code, said, (around / "out").read_text(errors="replace")))
        seconds, megabytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        if seconds > SECONDS:
            faults.append(f"{seconds:.1f} s of processor time")
        if megabytes > MEGABYTES:
            faults.append(f"{megabytes:.0f} MB of memory")
        faults += _left(around, home, before, code)
        lines = said.strip().splitlines() or [""]
        return Outcome(number, case, code, seconds, megabytes, lines[-1][:300], tuple(faults))


def _child(case: Case, around: Path, shared: Path) -> None:
    """Run the command in this process, and end it."""
    code = 99
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS, 2 * SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        # One that waits for ever uses no processor time.
        faulthandler.dump_traceback_later(MOST_WAIT, exit=True, file=2)
        for number, name in ((1, "out"), (2, "err")):
            handle = os.open(around / name, os.O_WRONLY | os.O_CREAT)
            os.dup2(handle, number)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
        os.chdir(around / "home")
        os.environ["TMPDIR"] = tempfile.tempdir = str(around / "tmp")
        sys.argv = ["fpga-ee", *(one.replace("{shared}", str(shared)) for one in case.arguments)]
        cli.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 98
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _faults(case: Case, code: int, said: str, printed: str) -> list[str]:
    faults = []
    if code not in _CODES:
        faults.append(f"exit code {code}")
    if case.invalid and code == 0:
        faults.append("it was taken, but is invalid")
    if "Traceback" in said + printed:
        faults.append("a traceback")
    lines = said.count("\n")
    if lines != (code == 2):
        faults.append(f"{lines} lines on stderr")
    if "\x1b" in said + printed:
        faults.append("a terminal escape")
    return faults


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """List files by name, with the facts that change when they are written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() or path.is_symlink():
            stat = path.lstat()
            found[str(path.relative_to(folder))] = stat.st_ino, stat.st_size
    return found


def _left(around: Path, home: Path, before: dict[str, tuple[int, int]], code: int) -> list[str]:
    """List the files that a command should not have left."""
    left = []
    after = _files(home)
    half = [name for name in after if "/.writing-" in f"/{name}" or name.endswith(".lock")]
    if half:
        left.append(f"{half[0]} is left")
    # Tools write as they go, and only into folders of work.
    changed = [
        name
        for name in {*before, *after}
        if before.get(name) != after.get(name) and not any(part in name for part in _WORK)
    ]
    if code not in {0, 1} and changed:
        left.append(f"{min(changed)} is another or new")
    outside = {path.name for path in around.iterdir()} - {"home", "tmp", "out", "err"}
    if outside:
        left.append(f"{min(outside)} outside of the folder")
    if code != 70 and any((around / "tmp").iterdir()):
        left.append("temporary files")
    return left


def run_all(numbers: Iterable[int], seed: str) -> Iterator[Outcome]:
    """Run bad inputs, each forked from this process."""
    # Threads do not survive a fork.
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="hostile-good-") as place:
        folder = Path(place)
        (folder / "home").mkdir()
        make(folder)
        # Forks neither search all that is loaded for garbage, nor copy it when they do.
        gc.collect()
        gc.freeze()
        with stubbed():
            for number in numbers:
                yield run(seed, number, folder / "home", folder / "shared")


def summary(outcomes: list[Outcome]) -> str:
    """Counts by class and result."""
    counts = Counter((one.case.kind, one.case.invalid, one.code) for one in outcomes)
    rows = [
        f"{kind}, {'invalid' if invalid else 'odd'}, code {code}: {count}"
        for (kind, invalid, code), count in sorted(counts.items())
    ]
    seconds = sum(one.seconds for one in outcomes)
    slowest = max(outcomes, key=lambda one: one.seconds)
    largest = max(outcomes, key=lambda one: one.megabytes)
    rows += [
        f"{len(outcomes)} inputs in {seconds:.0f} s of processor time",
        f"the slowest: {slowest.number} in {slowest.seconds:.1f} s",
        f"the largest: {largest.number} with {largest.megabytes:.0f} MB",
    ]
    return "\n".join(rows)


def main() -> None:
    """Run them by hand."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=150)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--record", type=Path)
    asked = parser.parse_args()
    outcomes = []
    for one in run_all(asked.only or range(asked.inputs), asked.seed):
        outcomes.append(one)
        if one.faults or asked.only:
            print(one, flush=True)  # noqa: T201
        if asked.record:
            with asked.record.open("a") as file:
                file.write(json.dumps(asdict(one)) + "\n")
    print(summary(outcomes), f"seed {asked.seed}", sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
