"""Step route: places and routes an accelerator for an ECP5, and writes its bitstream."""

from collections.abc import Callable
from pathlib import Path

from fpga_ee.hardware.design.generate import Reader, load
from fpga_ee.hardware.synthesis.route import Routing, behind_pins, route
from fpga_ee.hardware.tools.nextpnr import Goal


def route_step(
    build: Path, folder: Path, goal: Goal, say: Callable[[str], None], read: Reader = load
) -> Routing:
    """Place and route an accelerator for an ECP5, and write the bitstream into ``routed/``.

    Args:
        build: The folder that ``fpga-ee export`` wrote.
        folder: The folder that ``fpga-ee hw-generate`` wrote.
        goal: The chip and the clock.
        say: Called with lines about the progress.
        read: As for :func:`fpga_ee.flow.simulate.simulate_step`.

    Raises:
        FpgaEeError: The files or the tools cannot be used, the chip is no ECP5, or the design does not fit.
    """
    return route(folder, behind_pins(read(build, folder).diagram), goal, say)
