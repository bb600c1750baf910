"""Whether a board has room for the smallest design of a network."""

from dataclasses import replace
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.hardware_targets import target_named
from fpga_ee.hardware.estimate import Budget, Space
from fpga_ee.hardware.graph import Convolution, Linear
from fpga_ee.hardware.implementation import Implementation
from fpga_ee.hardware.library import Library
from fpga_ee.hardware.platform import Platform
from fpga_ee.reporting.check_record import Fit

MOST_WEIGHTS = 20_000_000
"""Weights, counted once for each folding of their layer, up to which a search takes seconds."""


def fit(taker: str, target: str, folder: Path, board: Platform) -> Fit:
    """Ask for the smallest design of an export, with buffers of one sample.

    Args:
        taker: Whose design.
        target: As ``hw-estimate --target`` takes it.
        folder: The export.
        board: The board.
    """
    try:
        network = target_named(target).read(folder, None, board)
    except FpgaEeError as error:
        return Fit(taker, None, str(error))
    early = len(network.graph.stages) - 1
    budget = Budget(board, (1.0, 1.0, 1.0, 1.0), board.clock_mhz)
    space = Space(network.graph, (1.0,) * early, budget, network.library, (1,) * early)
    # Nothing in parallel is hardly ever the largest, and is found at once.
    serial = replace(space, library=_serial(network.library))
    try:
        return Fit(taker, True, _takes(serial.smallest(), board))
    except FpgaEeError as error:
        too_large = error
    weights = sum(
        layer.weight.size * len(network.library.feasible(layer))
        for stage in network.graph.stages
        for layer in stage.backbone + stage.exit
        if isinstance(layer, Convolution | Linear) and layer.weight is not None
    )
    if weights > MOST_WEIGHTS:
        return Fit(taker, False, str(too_large))
    try:
        return Fit(taker, True, _takes(space.smallest(), board))
    except FpgaEeError as error:
        return Fit(taker, False, str(error))


def _serial(library: Library) -> Library:
    """The library with one folding a layer, that of the fewest streams and products."""
    return replace(library, feasible=lambda layer: [min(library.feasible(layer))])


def _takes(smallest: Implementation, board: Platform) -> str:
    shares = smallest.resources.shares(board.resources).items()
    return "the smallest design takes " + ", ".join(
        f"{100 * share:.1f} % of its {name.upper()}" for name, share in shares
    )
