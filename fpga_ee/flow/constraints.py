"""The constraints that a design is chosen for: board, budget, clock, widths, buffers, target."""

from dataclasses import dataclass
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.search.estimate_schema import DesignRequest

OTHERS = "the share of all others"


@dataclass(frozen=True)
class Constraints(DesignRequest):
    """The constraints of a design, as the command line gives them.

    Attributes:
        data: Folder of the network's data set, whose test images decide the buffer. By default, the
            validation images of the export's measurement do. Random decisions do if the export was not
            measured on a data set, or if ``late_rates`` are given.
    """

    data: Path | None = None

    def over(self, others: DesignRequest) -> "Constraints":
        """Complete these constraints by those of another request."""
        mine = {name: value for name, value in vars(self).items() if value is not None}
        return Constraints(**(vars(others) | mine))

    def request(self, buffered: tuple[int, ...]) -> DesignRequest:
        """Give the constraints for the file of the chosen design; it does not hold the folder of the data.

        Args:
            buffered: Samples that each conditional buffer of the design holds.
        """
        given = vars(self) | {"buffered": buffered}
        del given["data"]
        return DesignRequest(**given)


def parse_budget(text: str) -> tuple[float, float, float, float]:
    """Read shares of LUT, FF, DSP and BRAM from ``0.5`` or ``lut=0.5,dsp=0.2`` (the others are 1), or both.

    Raises:
        FpgaEeError: The text is neither, or gives a share twice.
    """
    shares: dict[str, float] = {}
    for entry in text.split(","):
        name, separator, value = entry.rpartition("=")
        name = name.strip().lower() if separator else OTHERS
        if name not in {*RESOURCE_NAMES, OTHERS}:
            raise FpgaEeError(f"a budget has {', '.join(RESOURCE_NAMES)}, not {name}")
        if name in shares:
            raise FpgaEeError(f"the budget {text} gives {name} twice: leave one out")
        try:
            shares[name] = float(value)
        except ValueError as error:
            raise FpgaEeError(f"a budget is 0.5 or lut=0.5,dsp=0.2, not {text}") from error
    lut, ff, dsp, bram = (shares.get(name, shares.get(OTHERS, 1.0)) for name in RESOURCE_NAMES)
    return lut, ff, dsp, bram
