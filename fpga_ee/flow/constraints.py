"""The constraints that a design is chosen for: board, budget, clock, widths, buffers, target."""

from dataclasses import dataclass
from pathlib import Path

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.fpga.resources import RESOURCE_NAMES
from fpga_ee.hardware.search.estimate_file import DesignRequest


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
    """Read shares of LUT, FF, DSP and BRAM from ``0.5`` or ``lut=0.5,dsp=0.2`` (the others are 1).

    Raises:
        FpgaEeError: The text is neither.
    """
    shares = dict.fromkeys(RESOURCE_NAMES, 1.0)
    try:
        for entry in text.split(","):
            name, separator, value = entry.rpartition("=")
            if separator and name.strip().lower() not in shares:
                raise FpgaEeError(f"a budget has {', '.join(RESOURCE_NAMES)}, not {name.strip()}")
            for resource in [name.strip().lower()] if separator else RESOURCE_NAMES:
                shares[resource] = float(value)
    except ValueError as error:
        raise FpgaEeError(f"a budget is 0.5 or lut=0.5,dsp=0.2, not {text}") from error
    lut, ff, dsp, bram = (shares[name] for name in RESOURCE_NAMES)
    return lut, ff, dsp, bram
