"""Programs of accelerators, compiled once a run by what they are made of: many tests simulate the same."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from shared import shared

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.rtl import verilator


def build(top: Path, sources: Sequence[Path], main: Path, folder: Path, options: Sequence[str] = ()) -> Path:
    """As ``verilator.build``, with the program of a test that has compiled the same before."""
    # The harness's main includes what stands beside the folder of the program.
    beside = sorted(folder.parent.glob("*.h"))
    parts = hashlib.sha256(repr([top.stem, *options]).encode())
    for path in [*sources, top, main, *beside]:
        parts.update(repr((path.name, path.read_bytes())).encode())

    def compile_into(work: Path) -> None:
        for path in beside:
            shutil.copy(path, work)
        verilator.build(top, sources, main, work / folder.name, options)

    try:
        work = shared(f"program_{parts.hexdigest()[:32]}", compile_into)
    except FpgaEeError:
        # Its message names the folder.
        return verilator.build(top, sources, main, folder, options)
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(work / folder.name / f"V{top.stem}", folder))
