"""The room of a board for the smallest design of a network."""

from dataclasses import astuple, replace
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.hardware_targets import files_of
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space
from fpga_ee.hardware.search.estimated_design import EstimatedDesign
from fpga_ee.hardware.search.target import Target
from fpga_ee.reporting.text import percent
from fpga_ee.verification.findings import Room

MOST_WEIGHTS = 20_000_000
"""Number of weights, counted once for each folding of their layer, up to which a search takes seconds."""


def room(taker: str, target: str, folder: Path, board: Board) -> Room:
    """Find out whether a board has room for the smallest design of an export, with buffers of one sample.

    Args:
        taker: The taker whose design it is.
        target: Name of the target, as ``hw-estimate --target`` takes it.
        folder: The export.
        board: The board.
    """
    try:
        network = files_of(target).read(folder, None, board)
    except FpgaEeError as error:
        return Room(taker, None, str(error))
    early = len(network.graph.stages) - 1
    budget = Budget(board, (1.0, 1.0, 1.0, 1.0), board.clock_mhz)
    space = Space(network.graph, (1.0,) * early, budget, network.target, (1,) * early)
    # A design without parallelism is found at once, and is hardly ever larger than others.
    serial = replace(space, target=_serial(network.target)).smallest()
    if serial.resources.share(budget.capacity) <= 1:
        return Room(taker, True, f"the smallest design {_takes(serial, budget)}")
    weights = sum(
        layer.weights * len(network.target.feasible(layer)) for layer in network.graph.layers if layer.weights
    )
    if weights > MOST_WEIGHTS:
        # Memories of other shapes waste fewer bits, but at least half of the bits are needed.
        fits = False if serial.resources.share(budget.capacity) > 2 else None
        return Room(taker, fits, f"without anything in parallel, a design {_takes(serial, budget)}")
    smallest = space.smallest()
    fits = smallest.resources.share(budget.capacity) <= 1
    return Room(taker, fits, f"the smallest design {_takes(smallest, budget)}")


def _serial(target: Target) -> Target:
    """Restrict a target to one folding for each layer, with the fewest streams and products."""
    return replace(target, feasible=lambda layer: [min(target.feasible(layer), key=astuple)])


def _takes(design: EstimatedDesign, budget: Budget) -> str:
    """Describe the missing resources of a design, or the resources that it takes."""
    missing = [
        f"{getattr(design.resources, name):,} {name.upper()} of {getattr(budget.capacity, name):,}"
        for name in budget.excess(design.resources)
    ]
    if missing:
        return f"needs {', '.join(missing)}"
    shares = design.resources.shares(budget.capacity).items()
    return "takes " + ", ".join(f"{percent(share)} of the {name.upper()}" for name, share in shares)
