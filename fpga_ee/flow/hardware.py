"""Step 7: what a network costs and how fast it is on a board."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.errors import FpgaEeError
from fpga_ee.files import read_json, write_json
from fpga_ee.hardware import platform
from fpga_ee.hardware.assessment import Assessment, assess
from fpga_ee.hardware.estimate import BUFFERED, Budget, Space, settled
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.fpgaconvnet.layers import resources
from fpga_ee.hardware.fpgaconvnet.normalised import write_normalised
from fpga_ee.hardware.fpgaconvnet.partitions import write_partitions
from fpga_ee.hardware.graph import HardwareGraph, with_widths
from fpga_ee.hardware.implementation import Implementation, implement
from fpga_ee.hardware.plan import planned
from fpga_ee.hardware.readers.conditional import read_conditional
from fpga_ee.hardware.readers.export import late_rates, read_export
from fpga_ee.hardware.readers.partition import read_partitions
from fpga_ee.hardware.resources import RESOURCE_NAMES
from fpga_ee.hardware.trace import Trace, drawn, measured
from fpga_ee.reporting.hardware_plots import write_buffer_png, write_front_png, write_interval_png
from fpga_ee.reporting.hardware_record import hardware_record

FLOAT_WIDTH = 16
"""Width of data and weights of a float model, and of the published designs."""

ACCUMULATOR_WIDTH = 30
"""What fpgaConvNet gives the sums of such words."""

MEASURED_ON = "MNIST validation"
"""What an export says of its late rates where MNIST's digits can be run through it."""

ESTIMATE_FILE = "estimate.json"
PARTITION_FILE = "partitions.json"


@dataclass(frozen=True)
class Constraints:
    """What a design is wanted for.

    Attributes:
        board: A board's name or file.
        clock_mhz: Clock in MHz; None for the board's.
        budget: ``0.5``, or ``lut=0.5,dsp=0.2`` for some resources.
        late_rates: Part of all samples that goes on behind each exit but the last; None for what the export
            measured.
        width: Bits of data and weights; None for the network's own.
        buffered: Samples that a conditional buffer holds; None for 8, or what decisions need.
        data: Folder of MNIST, whose test digits decide the buffer; None for the validation digits that the
            export was measured on, or for random decisions where it was not or ``late_rates`` are given.
    """

    board: str = "zc706"
    clock_mhz: float | None = None
    budget: str = "1"
    late_rates: tuple[float, ...] | None = None
    width: int | None = None
    buffered: int | None = None
    data: Path | None = None


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
    space, chosen = _chosen(space, constraints, choose)
    return _written(space, chosen, _trace(target, manifest, space, constraints), folder)


def plan_step(partition: Path, target: Path | None, constraints: Constraints, folder: Path) -> Assessment:
    """Assess a design that is given as a file instead of searching for one.

    Args:
        partition: A partition file of fpgaConvNet, or our own ``estimate.json`` of the network in ``target``.
        target: What the design is of; only our own file needs it.
        constraints: As in :func:`estimate_step`.
        folder: Where the results go.

    Raises:
        FpgaEeError: A file cannot be read or does not fit the network, or the results cannot be written.
    """
    if _is_estimate(partition):
        if target is None:
            raise FpgaEeError(f"{partition} is a design without its network: name the network's folder too")
        graph, manifest = _read(target, constraints)
        foldings = _foldings(partition)
    else:
        (graph, foldings), manifest = read_partitions(partition), None
    space = _space(graph, constraints, _late_rates(graph, manifest, constraints))

    def build(space: Space) -> Implementation:
        try:
            return implement(graph, space.root, planned(space.root, foldings))
        except FpgaEeError as error:
            raise FpgaEeError(f"{partition}: {error}") from error

    space, chosen = _chosen(space, constraints, build)
    return _written(space, chosen, _trace(target or partition, manifest, space, constraints), folder)


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
    board = platform.load(constraints.board)
    clock = board.clock_mhz if constraints.clock_mhz is None else constraints.clock_mhz
    budget = Budget(board, parse_budget(constraints.budget), clock)
    buffered = BUFFERED if constraints.buffered is None else constraints.buffered
    # Baseline and deeper buffers ask for the same layers again.
    return Space(graph, rates, budget, cache(resources), buffered)


def parse_budget(text: str) -> tuple[float, float, float, float]:
    """Parts of LUT, FF, DSP and BRAM, from ``0.5`` or ``lut=0.5,dsp=0.2`` (the others in full).

    Raises:
        FpgaEeError: It is neither.
    """
    parts = dict.fromkeys(RESOURCE_NAMES, 1.0)
    try:
        for entry in text.split(","):
            name, separator, value = entry.rpartition("=")
            if separator and name.strip().lower() not in parts:
                raise FpgaEeError(f"a budget has {', '.join(RESOURCE_NAMES)}, not {name.strip()}")
            for resource in [name.strip().lower()] if separator else RESOURCE_NAMES:
                parts[resource] = float(value)
    except ValueError as error:
        raise FpgaEeError(f"a budget is 0.5 or lut=0.5,dsp=0.2, not {text}") from error
    lut, ff, dsp, bram = (parts[name] for name in RESOURCE_NAMES)
    return lut, ff, dsp, bram


def _chosen(
    space: Space, constraints: Constraints, choose: Callable[[Space], Implementation]
) -> tuple[Space, Implementation]:
    # A depth that the user names is kept, and judged in the report.
    return settled(space, choose) if constraints.buffered is None else (space, choose(space))


def _trace(target: Path, manifest: Manifest | None, space: Space, constraints: Constraints) -> Trace:
    """Decisions of the digits that the late rates were measured on; else, random ones at the given rates."""
    digits_decide = manifest is not None and manifest.measured.split == MEASURED_ON
    if manifest is None or not digits_decide or constraints.late_rates is not None:
        if constraints.data is not None:
            raise FpgaEeError(
                f"--data is for an export whose own late rates were measured on {MEASURED_ON}: leave it out"
            )
        return drawn(space.late_rates)
    digits = load_mnist("validation" if constraints.data is None else "test", constraints.data)
    return measured(target, manifest, digits.inputs(), f"{len(digits):,} of {digits.name}")


def _written(space: Space, chosen: Implementation, trace: Trace, folder: Path) -> Assessment:
    assessment = assess(space, chosen, trace)
    write_json(folder / ESTIMATE_FILE, hardware_record(assessment))
    write_partitions(folder / PARTITION_FILE, chosen)
    for index, stage in enumerate(space.graph.stages):
        write_normalised(folder / f"stage_{index}.onnx", stage)
    write_front_png(assessment, folder / "throughput.png")
    write_interval_png(assessment, folder / "intervals.png")
    for buffer in assessment.buffers:
        write_buffer_png(assessment, buffer, folder / f"buffer_{buffer.stage}.png")
    return assessment


def _is_estimate(path: Path) -> bool:
    content = read_json(path)
    return isinstance(content, dict) and "parts" in content


def _foldings(path: Path) -> Mapping[str, Folding]:
    try:
        return {
            part["name"]: Folding(**part["folding"])
            if part["folding"]
            else Folding(part["streams_in"], part["streams_out"])
            for part in read_json(path)["parts"]
        }
    except (KeyError, TypeError) as error:
        raise FpgaEeError(f"{path} is not a design of ours: {error}") from error
