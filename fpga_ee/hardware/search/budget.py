"""A budget: the share of a board that a design may use, and its clock."""

from dataclasses import astuple, dataclass

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.boards import Board, check_clock
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES, Resources


@dataclass(frozen=True)
class Budget:
    """The resources that a design may use, and its clock.

    Attributes:
        board: The board.
        fraction: Usable share of each resource, 0 to 1, in the order LUT, FF, DSP, BRAM.
        clock_mhz: Clock in MHz.
    """

    board: Board
    fraction: tuple[float, float, float, float]
    clock_mhz: float

    def __post_init__(self) -> None:
        """Check the fractions and the clock.

        Raises:
            FpgaEeError: A fraction is not above 0 and at most 1, or the clock is out of its range.
        """
        for name, share in zip(RESOURCE_NAMES, self.fraction, strict=True):
            if not 0 < share <= 1:
                raise FpgaEeError(f"a budget of {share:g} of the board's {name} is not above 0 and at most 1")
        check_clock(self.clock_mhz)

    @property
    def capacity(self) -> Resources:
        """The usable number of each resource; at least 1, so that shares are defined."""
        pairs = zip(astuple(self.board.resources), self.fraction, strict=True)
        return Resources(*(max(1, int(round(count * share, 6))) for count, share in pairs))

    def excess(self, used: Resources) -> dict[str, int]:
        """Count the missing units of each resource that is short."""
        triples = zip(RESOURCE_NAMES, astuple(used), astuple(self.capacity), strict=True)
        return {name: need - has for name, need, has in triples if need > has}

    def throughput(self, period: float) -> float:
        """Compute samples per second from cycles per sample."""
        return self.clock_mhz * 1e6 / period
