"""Step explore: finds all designs that no other beats, with and without early exits."""

from collections.abc import Callable
from pathlib import Path

from fpga_ee.files.writing import check_writable, replacing_together, write_json
from fpga_ee.flow.chosen_design import searched_design
from fpga_ee.flow.constraints import Constraints
from fpga_ee.flow.estimate import DesignComparison, write_estimate
from fpga_ee.hardware.search.assessment import assess
from fpga_ee.hardware.search.estimate_file import ESTIMATE_FILE
from fpga_ee.hardware.search.exploration import (
    FRONT_FILE,
    FRONT_PICTURE,
    Exploration,
    exploration_record,
    explore,
)
from fpga_ee.reporting.hardware_plots import write_front_png


def explore_step(
    source: Path,
    constraints: Constraints,
    throughput: float | None,
    folder: Path,
    start_progress: Callable[[str, int], Callable[[int], None]],
) -> Exploration:
    """Search for all designs that no other beats, and for one of them; write their figures to a folder.

    Args:
        source: A folder of exported files, or a conditional ONNX model.
        constraints: The board, its usable share, the late rates, ...
        throughput: Samples per second of the chosen design, with the fewest resources; None for the most that
            fit.
        folder: The folder for the results.
        start_progress: Starts the display of the progress of one front.

    Raises:
        FpgaEeError: The files cannot be read, no design fits, or the results cannot be written.
    """
    check_writable(folder, ESTIMATE_FILE, FRONT_FILE, FRONT_PICTURE)
    chosen = searched_design(source, constraints, throughput)
    assessment = assess(chosen.space, chosen.design, chosen.trace)
    exploration = explore(assessment, start_progress)
    with replacing_together(folder, last=ESTIMATE_FILE) as temporary:
        write_front_png(exploration, temporary / FRONT_PICTURE)
        write_json(temporary / FRONT_FILE, exploration_record(exploration))
        write_estimate(chosen, DesignComparison(assessment, None), temporary)
    return exploration
