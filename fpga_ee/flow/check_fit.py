"""Whether a board has room for the smallest design of a network."""

from dataclasses import astuple, replace
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.hardware_targets import target_named
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.search.estimate import Budget, Space
from fpga_ee.hardware.search.implementation import Implementation
from fpga_ee.hardware.search.target import Library
from fpga_ee.reporting.check_record import Fit
from fpga_ee.reporting.text import percent

MOST_WEIGHTS = 20_000_000
"""Weights, counted once for each folding of their layer, up to which a search takes seconds."""


def fit(taker: str, target: str, folder: Path, board: Board) -> Fit:
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
    # A design with nothing in parallel is found at once, and is hardly ever larger than others.
    serial = replace(space, library=_serial(network.library)).smallest()
    if serial.resources.share(budget.capacity) <= 1:
        return Fit(taker, True, f"the smallest design {_takes(serial, budget)}")
    weights = sum(
        layer.weights * len(network.library.feasible(layer))
        for layer in network.graph.layers
        if layer.weights
    )
    if weights > MOST_WEIGHTS:
        # Memories of other shapes waste fewer bits, but none wastes half of them.
        fits = False if serial.resources.share(budget.capacity) > 2 else None
        return Fit(taker, fits, f"without anything in parallel, a design {_takes(serial, budget)}")
    smallest = space.smallest()
    fits = smallest.resources.share(budget.capacity) <= 1
    return Fit(taker, fits, f"the smallest design {_takes(smallest, budget)}")


def _serial(library: Library) -> Library:
    """The library with one folding a layer, that of the fewest streams and products."""
    return replace(library, feasible=lambda layer: [min(library.feasible(layer), key=astuple)])


def _takes(design: Implementation, budget: Budget) -> str:
    """The resources that are missing, or what a design takes of each."""
    missing = [
        f"{getattr(design.resources, name):,} {name.upper()} of {getattr(budget.capacity, name):,}"
        for name in budget.excess(design.resources)
    ]
    if missing:
        return f"needs {', '.join(missing)}"
    shares = design.resources.shares(budget.capacity).items()
    return "takes " + ", ".join(f"{percent(share)} of the {name.upper()}" for name, share in shares)
