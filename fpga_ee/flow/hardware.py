"""Step 7: what a network costs and how fast it is on a board."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.files import write_json
from fpga_ee.flow.hardware_request import Constraints, asked, is_design, parse_budget, read_design
from fpga_ee.flow.images import WantedImages
from fpga_ee.hardware import platform
from fpga_ee.hardware.assessment import Assessment, assess, sufficient_depths
from fpga_ee.hardware.estimate import Budget, Space, deepened, settled
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.fpgaconvnet.layers import resources
from fpga_ee.hardware.fpgaconvnet.normalised import write_normalised
from fpga_ee.hardware.fpgaconvnet.partitions import write_partitions
from fpga_ee.hardware.graph import HardwareGraph, with_widths
from fpga_ee.hardware.implementation import Implementation, implement
from fpga_ee.hardware.plan import planned
from fpga_ee.hardware.readers.conditional import read_conditional
from fpga_ee.hardware.readers.export import FLOAT_WIDTH, late_rates, read_export
from fpga_ee.hardware.readers.partition import read_partitions
from fpga_ee.hardware.trace import Trace, drawn, measured
from fpga_ee.reporting.hardware_plots import write_buffer_png, write_front_png, write_interval_png
from fpga_ee.reporting.hardware_record import hardware_record

ACCUMULATOR_WIDTH = 30
"""What fpgaConvNet gives the sums of such words."""

ESTIMATE_FILE = "estimate.json"
PARTITION_FILE = "partitions.json"


DEFAULT_BOARD = "zc706"


def estimate_step(
    target: Path, constraints: Constraints, throughput: float | None, folder: Path
) -> Assessment:
    """Search for a design and write everything about it to a folder.

    Args:
        target: A folder of exported files, or a conditional ONNX model.
        constraints: The board, its usable part, the late rates, ...
        throughput: Wanted samples per second, with the fewest resources; None for as many as fit.
        folder: Where the results go.

    Raises:
        FpgaEeError: The files cannot be read, no design fits, or the results cannot be written.
    """
    graph, manifest = _read(target, constraints)
    space = _space(graph, constraints, _late_rates(graph, manifest, constraints))
    choose = Space.fastest if throughput is None else partial(Space.cheapest, throughput=throughput)
    trace = _trace(target, manifest, space, constraints)
    space, chosen = _chosen(space, constraints, choose)
    if constraints.buffered is None:
        space, chosen = deepened(space, chosen, sufficient_depths(space, chosen, trace))
    return _written(space, chosen, trace, constraints, folder)


def plan_step(partition: Path, target: Path | None, constraints: Constraints, folder: Path) -> Assessment:
    """Assess a design that is given as a file instead of searching for one.

    Args:
        partition: A partition file of fpgaConvNet, or our own ``estimate.json`` of the network in ``target``.
        target: What the design is of; only our own file needs it.
        constraints: As in :func:`estimate_step`; what they leave open is as in our own file.
        folder: Where the results go.

    Raises:
        FpgaEeError: A file cannot be read or does not fit the network, or the results cannot be written.
    """
    foldings: Mapping[str, Folding]
    if is_design(partition):
        if target is None:
            raise FpgaEeError(f"{partition} is a design without its network: name the network's folder too")
        saved = read_design(partition)
        constraints = constraints.over(saved.constraints)
        graph, manifest = _read(target, constraints)
        if saved.network != graph.name:
            raise FpgaEeError(f"{partition} is a design of {saved.network}, not of {graph.name}")
        foldings = saved.foldings
    else:
        (graph, foldings), manifest = read_partitions(partition), None
    space = _space(graph, constraints, _late_rates(graph, manifest, constraints))

    def build(space: Space) -> Implementation:
        try:
            return implement(graph, space.root, planned(space.root, foldings))
        except FpgaEeError as error:
            raise FpgaEeError(f"{partition}: {error}") from error

    space, chosen = _chosen(space, constraints, build)
    trace = _trace(target or partition, manifest, space, constraints)
    return _written(space, chosen, trace, constraints, folder)


def _read(target: Path, constraints: Constraints) -> tuple[HardwareGraph, Manifest | None]:
    if target.is_dir():
        graph, manifest = read_export(target)
        if constraints.width is not None:
            graph = with_widths(graph, constraints.width, _accumulator(constraints.width))
        return graph, manifest
    return read_conditional(target, constraints.width or FLOAT_WIDTH), None


def _accumulator(width: int) -> int:
    return max(width, min(ACCUMULATOR_WIDTH, 2 * width))


def _late_rates(
    graph: HardwareGraph, manifest: Manifest | None, constraints: Constraints
) -> tuple[float, ...]:
    if constraints.late_rates is not None:
        return constraints.late_rates
    if manifest is not None:
        return late_rates(manifest)
    if len(graph.stages) == 1:
        return ()
    raise FpgaEeError(
        f"how many samples {graph.name} lets go on behind each exit is not in the file: "
        f"give --late-rate {len(graph.stages) - 1} times, such as --late-rate 0.25"
    )


def _space(graph: HardwareGraph, constraints: Constraints, rates: tuple[float, ...]) -> Space:
    board = platform.load(constraints.board or DEFAULT_BOARD)
    clock = board.clock_mhz if constraints.clock_mhz is None else constraints.clock_mhz
    budget = Budget(board, parse_budget(constraints.budget or "1"), clock)
    buffered = constraints.buffered or (1,) * (len(graph.stages) - 1)
    # Baseline and deeper buffers ask for the same layers again.
    return Space(graph, rates, budget, cache(resources), buffered)


def _chosen(
    space: Space, constraints: Constraints, choose: Callable[[Space], Implementation]
) -> tuple[Space, Implementation]:
    # A depth that the user names is kept, and judged in the report.
    return settled(space, choose) if constraints.buffered is None else (space, choose(space))


def _trace(target: Path, manifest: Manifest | None, space: Space, constraints: Constraints) -> Trace:
    """Decisions on the data set that the late rates are of; else, random ones at the given rates."""
    if manifest is None or manifest.data_set is None or constraints.late_rates is not None:
        if constraints.data is not None:
            raise FpgaEeError(
                "--data is for an export whose own late rates were measured on a known data set: leave it out"
            )
        return drawn(space.late_rates)
    wanted = WantedImages("validation" if constraints.data is None else "test", constraints.data)
    images = wanted.load(manifest)
    return measured(target, manifest, images.inputs(), f"{len(images):,} of {images.name}")


def _written(
    space: Space, chosen: Implementation, trace: Trace, constraints: Constraints, folder: Path
) -> Assessment:
    assessment = assess(space, chosen, trace)
    record = hardware_record(assessment) | {"asked": asked(constraints, space.buffered)}
    write_json(folder / ESTIMATE_FILE, record)
    write_partitions(folder / PARTITION_FILE, chosen)
    for index, stage in enumerate(space.graph.stages):
        write_normalised(folder / f"stage_{index}.onnx", stage)
    write_front_png(assessment, folder / "throughput.png")
    write_interval_png(assessment, folder / "intervals.png")
    for buffer in assessment.buffers:
        write_buffer_png(assessment, buffer, folder / f"buffer_{buffer.stage}.png")
    return assessment
