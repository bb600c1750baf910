"""The tables of the exit decisions, from the exported files: all that the integer rule needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.artifacts.onnx_files import read_exported
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.readers.view import View


@dataclass(frozen=True, eq=False)
class DecisionTables:
    """One exit's rule in integers; see design.md section 5.

    Attributes:
        exponentials: exp(-d) by distance, int64 [entries].
        weighted: exp(-d) d by distance; None for top-1.
        bounds: One bound for top-1; for entropy one for every step of the sum.
        shift: log2 of such a step; 0 for top-1.
    """

    exponentials: NDArray[np.int64]
    weighted: NDArray[np.int64] | None
    bounds: NDArray[np.int64]
    shift: int


def read_tables(folder: Path, manifest: Manifest) -> list[DecisionTables]:
    """Read the tables of every exit but the last.

    Args:
        folder: ``build/<network>/``.
        manifest: Its manifest.

    Raises:
        FpgaEeError: A file cannot be read, or decides in float.
    """
    return [
        _tables(folder, record.decision, f"decision_{index}")
        for index, record in enumerate(manifest.stages)
        if record.decision is not None
    ]


def _tables(folder: Path, name: str, prefix: str) -> DecisionTables:
    view = View(read_exported(folder, name).graph)

    def constant(name: str) -> Any:
        value = view.constant(f"{prefix}.{name}")
        return None if value is None else np.asarray(value, dtype=np.int64)

    exponentials, weighted = constant("exponentials"), constant("weighted")
    if exponentials is None:
        raise FpgaEeError(f"{folder / name} decides in float: hardware needs a fixed-point export")
    if weighted is None:
        return DecisionTables(exponentials, None, constant("bound").reshape(1), 0)
    return DecisionTables(exponentials, weighted, constant("bounds"), int(constant("step")).bit_length() - 1)
