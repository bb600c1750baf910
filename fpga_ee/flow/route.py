"""Step route: an accelerator placed and routed for an ECP5, with its bitstream."""

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
        build: What ``fpga-ee export`` wrote.
        folder: What ``fpga-ee hw-generate`` wrote.
        goal: The chip and the clock.
        say: Told what is going on.
        read: As for :func:`fpga_ee.flow.simulate.simulate_step`.

    Raises:
        FpgaEeError: The files or the tools cannot be used, the chip is no ECP5, or the design does not fit.
    """
    return route(folder, behind_pins(read(build, folder).diagram), goal, say)
