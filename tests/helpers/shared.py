"""Files that the tests of a run share between processes: made once, by the first test that needs them."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_VARIABLE = "SHARED_BY_TESTS"


def _of_this_run() -> Path:
    """The folder of the run: the first process makes it, those that it starts find it by the variable."""
    if _VARIABLE not in os.environ:
        os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="fpga_ee_tests_")
        atexit.register(shutil.rmtree, os.environ[_VARIABLE], ignore_errors=True)
    return Path(os.environ[_VARIABLE])


SHARED = _of_this_run()

# Caches of the person who runs the tests neither help nor hide anything.
os.environ["XDG_CACHE_HOME"] = str(SHARED / "cache")

# Of each program that Verilator makes, half of the time goes into its run-time library: compiled once a run.
os.environ["OBJCACHE"] = str(Path(__file__).parent / "objcache")
os.environ["OBJECTS"] = str(SHARED)


def shared(name: str, make: Callable[[Path], object]) -> Path:
    """Give a folder that ``make`` fills.

    Nobody may write into it afterwards: tests that change files do so in a copy.
    """
    folder, done = SHARED / name, SHARED / f"{name}.done"
    with (SHARED / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            # Whoever was here before has failed.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
