"""Programs of accelerators, compiled once in a run of the tests, because many tests simulate them."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers.shared import shared


def compiled(files: Sequence[Path], options: Sequence[str], program: Path, build: Callable[[], Path]) -> Path:
    """As ``fpga_ee.hardware.tools.compiled``, with the program of a test that has compiled the same before.

    Of two tests that need the same at once, one waits; the user's cache lets both compile it.
    """
    made_of = [(path.name, path.read_bytes()) for path in files]
    key = hashlib.sha256(repr([program.name, made_of, *options]).encode()).hexdigest()
    kept = shared(f"program_{key[:32]}", lambda folder: shutil.copy(build(), folder))
    program.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(kept / program.name, program))
