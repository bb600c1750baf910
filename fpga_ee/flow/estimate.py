"""Step estimate: finds a design for a board, with its resources and its samples per second."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import check_writable, replacing_together, write_json
from fpga_ee.flow.chosen_design import ChosenDesign, design_from_file, own_designs, searched_design
from fpga_ee.flow.constraints import Constraints
from fpga_ee.flow.hardware_targets import files_of
from fpga_ee.hardware.search.assessment import Assessment, assess
from fpga_ee.hardware.search.estimate_file import ESTIMATE_FILE, estimate_record
from fpga_ee.hardware.search.estimate_schema import OwnDesign, OwnHardware
from fpga_ee.hardware.search.exploration import FRONT_FILE, FRONT_PICTURE
from fpga_ee.reporting.hardware_plots import write_buffer_png, write_interval_png

Say = Callable[[str], None]


@dataclass(frozen=True)
class DesignComparison:
    """A design, and our own library beside it.

    Attributes:
        assessment: The design.
        own: Our own library, for the same network and board; None where it was not asked for.
    """

    assessment: Assessment
    own: OwnHardware | None


def estimate_step(
    source: Path, constraints: Constraints, throughput: float | None, folder: Path, say: Say
) -> DesignComparison:
    """Search for a design, and write its estimate to a folder.

    Where the constraints name no target, the design is fpgaConvNet's, and our own library stands beside it.

    Args:
        source: A folder of exported files, or a conditional ONNX model.
        constraints: The board, its usable share, the late rates, ...
        throughput: Wanted samples per second, with the fewest resources; None for the most that fit.
        folder: The folder for the results.
        say: Called with a line about the current work.

    Raises:
        FpgaEeError: The files cannot be read, no design fits, or the results cannot be written.
    """
    check_writable(folder, ESTIMATE_FILE, FRONT_FILE, FRONT_PICTURE)
    say("searching for a design")
    chosen = searched_design(source, constraints, throughput)
    own = None
    if constraints.target is None:
        say("searching for designs of our own library")
        own = _own_hardware(source, chosen)
    say("assessing the design")
    return _written(chosen, own, folder)


def plan_step(file: Path, source: Path | None, constraints: Constraints, folder: Path) -> DesignComparison:
    """Assess a design from a file instead of searching for one.

    Args:
        file: A file of the target's own tools, or an ``estimate.json`` of the network in ``source``.
        source: A folder of exported files, or a conditional ONNX model; only an ``estimate.json`` needs it.
        constraints: As for :func:`estimate_step`; an ``estimate.json`` completes them.
        folder: The folder for the results.

    Raises:
        FpgaEeError: A file cannot be read or does not fit the network, or the results cannot be written.
    """
    check_writable(folder, ESTIMATE_FILE, FRONT_FILE, FRONT_PICTURE)
    return _written(design_from_file(file, source, constraints), None, folder)


def write_estimate(chosen: ChosenDesign, comparison: DesignComparison, folder: Path) -> None:
    """Write the files of an estimate: the target's own, the pictures, and ``estimate.json``.

    Raises:
        FpgaEeError: A file cannot be written.
    """
    assessment = comparison.assessment
    request = chosen.constraints.request(chosen.space.buffered)
    files_of(chosen.design.target.name).write(chosen.design, folder)
    write_interval_png(assessment, folder / "intervals.png")
    for buffer in assessment.buffers:
        write_buffer_png(assessment, buffer, folder / f"buffer_{buffer.stage}.png")
    write_json(folder / ESTIMATE_FILE, estimate_record(assessment, request, comparison.own))


def _written(chosen: ChosenDesign, own: OwnHardware | None, folder: Path) -> DesignComparison:
    comparison = DesignComparison(assess(chosen.space, chosen.design, chosen.trace), own)
    with replacing_together(folder, last=ESTIMATE_FILE) as temporary:
        write_estimate(chosen, comparison, temporary)
    # A front that hw-explore left is of the design that stood here before.
    for name in (FRONT_FILE, FRONT_PICTURE):
        (folder / name).unlink(missing_ok=True)
    return comparison


def _own_hardware(source: Path, chosen: ChosenDesign) -> OwnHardware:
    board = chosen.space.budget.board.resources
    try:
        found = [
            OwnDesign(
                description,
                own.space.throughput(own.design),
                own.design.resources,
                own.design.resources.share(board),
            )
            for description, own in zip(
                ("the fastest", "the smallest that is as fast"), own_designs(source, chosen), strict=False
            )
        ]
    except FpgaEeError as error:
        return OwnHardware((), str(error))
    return OwnHardware(tuple(reversed(found)))
