"""Sequences of decisions: the exit that each sample of a data set takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.artifacts.running import run_all_exits


@dataclass(frozen=True, eq=False)
class DecisionTrace:
    """Decisions in the order of the samples.

    Attributes:
        exits: Index of the exit that each sample takes, int64 [samples].
        source: Origin of the decisions, for tables and pictures.
    """

    exits: NDArray[np.int64]
    source: str

    def late(self, stage: int) -> list[bool]:
        """List, for the samples that reach a stage, whether each goes on after its exit."""
        return [bool(index > stage) for index in self.exits if index >= stage]


def measured(folder: Path, manifest: Manifest, images: NDArray[np.float32], source: str) -> DecisionTrace:
    """Run an exported network and its decisions over images.

    Args:
        folder: ``build/<network>/``.
        manifest: Its manifest.
        images: float32 [N, *input shape].
        source: Name of the images.

    Raises:
        FpgaEeError: The files cannot be run on the images.
    """
    return DecisionTrace(run_all_exits(folder, manifest, images).exit_indices, source)


def drawn(late_rates: Sequence[float], samples: int = 10_000, seed: int = 0) -> DecisionTrace:
    """Draw decisions of given late rates in random order, where there is no data set to run.

    Exactly the given shares of the samples go on (rounded up), so that only their order is random.
    """
    places = np.random.default_rng(seed).permutation(samples)
    exits = np.zeros(samples, dtype=np.int64)
    for rate in late_rates:
        exits += places < rate * samples
    return DecisionTrace(exits, "drawn at random")
