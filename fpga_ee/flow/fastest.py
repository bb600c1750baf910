"""Step fastest: finds the fastest accelerator that fits a board; its stages may be built several times."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

from fpga_ee.files.writing import check_writable, write_json
from fpga_ee.hardware.area.model import diagram_area, module_area
from fpga_ee.hardware.design.accelerator import accelerator
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import read_integers
from fpga_ee.hardware.fpga.families import modelled_family_of
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.network.graph import fitted
from fpga_ee.hardware.readers.exported import late_rates
from fpga_ee.hardware.search.budget import Budget
from fpga_ee.hardware.search.design_space import Space
from fpga_ee.hardware.search.replication import ReplicatedDesign, fastest_replicated
from fpga_ee.hardware.search.rtl_target import rtl_target

FASTEST_FILE = "fastest.json"


def fastest_step(
    build: Path, budget: Budget, buffered: int, folder: Path, say: Callable[[str], None]
) -> ReplicatedDesign:
    """Search for the fastest accelerator, and write its design for ``hw-generate``.

    Args:
        build: The folder that ``fpga-ee export`` wrote.
        budget: The board, the usable share of it, and the clock.
        buffered: Samples that every conditional buffer holds.
        folder: The folder for ``fastest.json``.
        say: Called with a line about the current work.

    Raises:
        FpgaEeError: The files cannot be read, the resource model does not know the board's family, nothing
            fits, or the file cannot be written.
    """
    family = modelled_family_of(budget.board)
    graph, manifest, rules = read_integers(build)
    check_writable(folder, FASTEST_FILE)
    rates = late_rates(manifest)
    target = rtl_target(rules, partial(module_area, family=family))
    space = Space(fitted(graph), rates, budget, target, (buffered,) * len(rates))

    def area(design: Design) -> Resources:
        return sum(diagram_area(accelerator(graph, design, rules), family).values(), Resources())

    design = fastest_replicated(space, area, say)
    write_json(folder / FASTEST_FILE, _record(graph.name, design, budget))
    return design


def _record(network: str, design: ReplicatedDesign, budget: Budget) -> dict[str, object]:
    """Write a design as ``hw-generate`` reads it, with its figures."""
    return {
        **asdict(design.design),
        "network": network,
        "board": budget.board.name,
        "budget": asdict(budget.capacity),
        "clock_mhz": budget.clock_mhz,
        "source": "own model",
        "cycles_per_sample": design.period,
        "samples_per_second": budget.throughput(design.period),
        "resources": asdict(design.resources),
        "busiest": design.busiest,
        "short": design.short,
    }
