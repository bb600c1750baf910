"""The choice of a design for a board: by a search, or by a file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from fpga_ee.artifacts.manifest import FIXED_POINT, Manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes
from fpga_ee.flow.constraints import Constraints, parse_budget
from fpga_ee.flow.hardware_targets import TargetNetwork, files_of
from fpga_ee.flow.images import WantedImages
from fpga_ee.flow.measured import check_stated, is_of
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.readers.exported import late_rates
from fpga_ee.hardware.search.assessment import sufficient_depths
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space, deepened, settled
from fpga_ee.hardware.search.estimate_file import is_estimate, saved_design
from fpga_ee.hardware.search.estimated_design import EstimatedDesign, estimated
from fpga_ee.hardware.search.given_design import given_design
from fpga_ee.hardware.timing.decision_trace import DecisionTrace, drawn, measured


@dataclass(frozen=True)
class ChosenDesign:
    """A design that was chosen for a board.

    Attributes:
        space: The design space that it is from.
        design: The design.
        trace: The decisions that its buffers are assessed with.
        constraints: The constraints that it was chosen for.
    """

    space: Space
    design: EstimatedDesign
    trace: DecisionTrace
    constraints: Constraints


def searched_design(source: Path, constraints: Constraints, throughput: float | None) -> ChosenDesign:
    """Search for a design.

    Args:
        source: A folder of exported files, or a conditional ONNX model.
        constraints: The board, its usable share, the late rates, ...
        throughput: Wanted samples per second, with the fewest resources; None for the most that fit.

    Raises:
        FpgaEeError: The files cannot be read, or no design fits.
    """
    board = _board(constraints)
    network = files_of(constraints.target).read(source, constraints.width, board)
    space = _space(network, constraints, board)
    trace = _trace(source, network.manifest, space, constraints)
    return _searched(space, trace, constraints, throughput)


def own_designs(source: Path, beside: ChosenDesign) -> Iterator[ChosenDesign]:
    """Search for designs of our own library beside a design of another target.

    The board, the budget, the late rates and the decisions are those of the other design.

    Args:
        source: The network of the other design.
        beside: The other design.

    Yields:
        The fastest design, then the smallest that is as fast as the other; only the fastest if it is slower.

    Raises:
        FpgaEeError: The network is not for our library, or no design fits.
    """
    constraints = replace(beside.constraints, target="rtl", late_rates=beside.space.late_rates)
    board = beside.space.budget.board
    space = _space(files_of("rtl").read(source, constraints.width, board), constraints, board)
    fastest = _searched(space, beside.trace, constraints, None)
    yield fastest
    wanted = beside.space.throughput(beside.design)
    if fastest.space.throughput(fastest.design) >= wanted:
        yield _searched(space, beside.trace, constraints, wanted)


def design_from_file(file: Path, source: Path | None, constraints: Constraints) -> ChosenDesign:
    """Read a design from a file instead of searching for one.

    Args:
        file: A file of the target's own tools, or an ``estimate.json`` of the network in ``source``.
        source: A folder of exported files, or a conditional ONNX model; only an ``estimate.json`` needs it.
        constraints: As for :func:`searched_design`; an ``estimate.json`` completes them.

    Raises:
        FpgaEeError: A file cannot be read or does not fit the network.
    """
    foldings: Mapping[str, Folding]
    content = read_bytes(file, MOST_TEXT)
    if is_estimate(file, content):
        if source is None:
            raise FpgaEeError(f"{file} is a design without its network: name the network's folder too")
        saved = saved_design(file, content)
        constraints = constraints.over(saved.constraints)
        board, foldings = _board(constraints), saved.foldings
        network = files_of(constraints.target).read(source, constraints.width, board)
        saved.check_is_of(network.graph.name)
    else:
        board = _board(constraints)
        network, foldings = files_of(constraints.target).read_design(file)
    space = _space(network, constraints, board)

    def build(space: Space) -> EstimatedDesign:
        try:
            return estimated(space.graph, space.target, space.nodes, given_design(space.nodes, foldings))
        except FpgaEeError as error:
            raise FpgaEeError(f"{file}: {error}") from error

    space, design = _chosen(space, constraints, build)
    trace = _trace(source or file, network.manifest, space, constraints)
    return ChosenDesign(space, design, trace, constraints)


def _searched(
    space: Space, trace: DecisionTrace, constraints: Constraints, throughput: float | None
) -> ChosenDesign:
    choose = Space.fastest if throughput is None else partial(Space.cheapest, throughput=throughput)
    space, design = _chosen(space, constraints, choose)
    if constraints.buffered is None:
        space, design = deepened(space, design, sufficient_depths(space, design, trace))
    return ChosenDesign(space, design, trace, constraints)


def _late_rates(network: TargetNetwork, constraints: Constraints) -> tuple[float, ...]:
    graph = network.graph
    if constraints.late_rates is not None:
        return constraints.late_rates
    if network.manifest is not None:
        return late_rates(network.manifest)
    if len(graph.stages) == 1:
        return ()
    raise FpgaEeError(
        f"the file does not say how many samples {graph.name} lets go on after each exit: "
        f"give --late-rate {len(graph.stages) - 1} times, for example --late-rate 0.25"
    )


def _board(constraints: Constraints) -> Board:
    return boards.load(constraints.board or boards.DEFAULT_BOARD)


def _space(network: TargetNetwork, constraints: Constraints, board: Board) -> Space:
    clock = board.clock_mhz if constraints.clock_mhz is None else constraints.clock_mhz
    budget = Budget(board, parse_budget(constraints.budget or "1"), clock)
    buffered = constraints.buffered or (1,) * (len(network.graph.stages) - 1)
    return Space(network.graph, _late_rates(network, constraints), budget, network.target, buffered)


def _chosen(
    space: Space, constraints: Constraints, choose: Callable[[Space], EstimatedDesign]
) -> tuple[Space, EstimatedDesign]:
    # A depth that the user gives is kept, and the report assesses it.
    return settled(space, choose) if constraints.buffered is None else (space, choose(space))


def _trace(source: Path, manifest: Manifest | None, space: Space, constraints: Constraints) -> DecisionTrace:
    """Run the decisions on the data set that the late rates were measured on; else draw them at the rates."""
    if manifest is None or manifest.data_set is None or constraints.late_rates is not None:
        if constraints.data is not None:
            raise FpgaEeError(
                "--data is for an export whose own late rates were measured on a known data set: leave it out"
            )
        return drawn(space.late_rates)
    wanted = WantedImages("validation" if constraints.data is None else "test", constraints.data)
    try:
        images = wanted.load(manifest)
    except FpgaEeError:
        if constraints.data is not None:
            raise
        # The estimate needs only the export; images only decide the order of the decisions.
        return replace(drawn(space.late_rates), source="drawn at random, because the images are not here")
    trace = measured(source, manifest, images.inputs(), f"{len(images):,} of {images.name}")
    # In float, rounding may decide; `fpga-ee verify` finds its error.
    if manifest.arithmetic == FIXED_POINT and is_of(manifest.measured, images):
        counts = np.bincount(trace.exits, minlength=len(manifest.stages))
        found = [float(count / len(images)) for count in counts]
        check_stated(source, images, "exit_rates", (manifest.measured.exit_rates, found), unsure=0)
    return trace
