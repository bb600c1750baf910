"""Runs of pytest in forks of a process that has imported everything but us and our tests.

A fork begins with torch, which takes seconds to import, and imports our code anew: so changed code is seen
where it runs once, at its import, and in processes that a test starts.
"""

import compileall
import contextlib
import gc
import importlib
import os
import py_compile
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

WORKERS = 2
MEMORY = 6 << 30
"""Bytes of data that a fork may have."""

_BORROWED = (
    "hypothesis",
    "lightning",
    "matplotlib",
    "onnx",
    "onnx_ir",
    "onnxruntime",
    "onnxscript",
    "pydantic.type_adapter",
    "pytest",
    "rich",
    "safetensors.torch",
    "scipy.io",
    "torch.onnx",
    "torchao.quantization.pt2e.quantize_pt2e",
    "typer",
)
_OPTIONS = (
    *("-x", "-q", "--tb=line", "--assert=plain", "-p", "no:xdist", "-p", "no:unraisableexception"),
    *("--hypothesis-profile=mutation", "--basetemp=tmp/pytest"),
)
_KEPT = ("fpga_ee", "hw", "models", "tests", "examples", "docs", "pyproject.toml", "README.md")


class End(Enum):
    """The end of a run of tests."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Run:
    """A fork to be made.

    Attributes:
        work: What the fork does in its copy of the repository; whether all is well.
        seconds: Of processor time that it may take; it may wait for ten times as long.
        changed: Files of the copy that are different meanwhile, and what they hold.
    """

    work: Callable[[Path], bool]
    seconds: float
    changed: Mapping[str, str] = field(default_factory=dict)


Key = TypeVar("Key")


def warm_up() -> None:
    """Import the other libraries of our code and tests, and let torch make its tables."""
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    sys.dont_write_bytecode = True
    sys.argv = ["pytest"]
    with warnings.catch_warnings(action="ignore"):
        for name in _BORROWED:
            importlib.import_module(name)
    # Forks neither look through all of this for garbage nor copy it when they do.
    gc.freeze()


def copies(root: Path, folder: Path) -> list[Path]:
    """Copies of the repository, one for each fork at a time."""
    found = []
    for worker in range(WORKERS):
        copy = folder / f"tree{worker}"
        shutil.rmtree(copy, ignore_errors=True)
        for name in _KEPT:
            if (root / name).is_dir():
                shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(root / name, copy / name)
        # Compiled files that are known by the hash of their source, since many sources change in one second.
        compileall.compile_dir(copy, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
        found.append(copy)
    return found


@dataclass
class _Started(Generic[Key]):
    key: Key
    run: Run
    tree: Path
    began: float
    originals: Mapping[str, str]


def play(runs: Iterable[tuple[Key, Run]], trees: Iterable[Path]) -> Iterator[tuple[Key, End, float]]:
    """Make forks, one in each copy at a time.

    Yields:
        Of each run, in the order in which they end, its key, how it ended, and its seconds of processor time.
    """
    waiting, free = deque(runs), list(trees)
    running: dict[int, _Started[Key]] = {}
    try:
        while waiting or running:
            while waiting and free:
                key, run = waiting.popleft()
                tree = free.pop()
                originals = {name: (tree / name).read_text(encoding="utf-8") for name in run.changed}
                _write(tree, run.changed)
                running[_fork(run, tree)] = _Started(key, run, tree, time.monotonic(), originals)
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if pid in running:
                ended = running.pop(pid)
                _kill_group(pid)
                _write(ended.tree, ended.originals)
                free.append(ended.tree)
                yield ended.key, _end(status), used.ru_utime + used.ru_stime
                continue
            now = time.monotonic()
            for late in [pid for pid, at in running.items() if now - at.began > 60 + 10 * at.run.seconds]:
                _kill_group(late)
            time.sleep(0.02)
    finally:
        for pid in running:
            _kill_group(pid)


def _write(tree: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (tree / name).write_text(text, encoding="utf-8")


def _end(status: int) -> End:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL}:
        return End.TIMEOUT
    return End.PASSED if status == 0 else End.FAILED


def _kill_group(pid: int) -> None:
    """End a fork and the processes that it started, if they still exist."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _fork(run: Run, tree: Path) -> int:
    pid = os.fork()
    if pid:
        # Both do so: whoever comes second finds it done.
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        return pid
    code = 1
    try:
        os.setpgid(0, 0)
        _enter(tree, run.seconds)
        code = 0 if run.work(tree) else 1
    except BaseException:
        traceback.print_exc()
    os._exit(code)


def _enter(tree: Path, seconds: float) -> None:
    """Work in a copy, quietly and within limits."""
    log = os.open(tree / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    limit = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    os.environ["PYTHONPATH"] = str(tree)
    scratch = tree / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)


def pytest_main(tests: Iterable[str], plugins: Iterable[object] = ()) -> bool:
    """Run tests until one fails, with the same draws each time; whether all passed.

    The options may leave all tests of a file out.
    """
    import hypothesis
    import pytest

    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    end = pytest.main([*_OPTIONS, *tests], plugins=[*plugins])
    return end in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}
