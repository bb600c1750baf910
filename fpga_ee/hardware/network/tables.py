"""The integers of the exit decisions, as the modules read them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.manifest import Manifest, StageRecord
from fpga_ee.errors import FpgaEeError


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
    """The tables of every exit but the last; loading the manifest has compared the files with them.

    Args:
        folder: ``build/<network>/``.
        manifest: Its manifest.

    Raises:
        FpgaEeError: A file decides in float.
    """
    return [_tables(folder, stage) for stage in manifest.stages[:-1]]


def _tables(folder: Path, stage: StageRecord) -> DecisionTables:
    if stage.rule is None or stage.logits.format is None:
        raise FpgaEeError(
            f"{folder / str(stage.decision)} decides in float: hardware needs a fixed-point export"
        )
    constants = {
        name: values.astype(np.int64)
        for name, values in stage.rule.on_integers(stage.logits.format).constants.items()
    }
    return DecisionTables(
        constants["exponentials"],
        constants.get("weighted"),
        constants["bounds"] if "bounds" in constants else constants["bound"].reshape(1),
        int(constants.get("step", 1)).bit_length() - 1,
    )
