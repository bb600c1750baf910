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
        data: Folder of the network's data set, whose test images decide the buffer; the validation images
            that the export was measured on, or random decisions where it was not or ``late_rates`` are given.
    """

    data: Path | None = None

    def over(self, others: DesignRequest) -> "Constraints":
        """Take these constraints, and those of another request where these are not given."""
        mine = {name: value for name, value in vars(self).items() if value is not None}
        return Constraints(**(vars(others) | mine))

    def request(self, buffered: tuple[int, ...]) -> DesignRequest:
        """Give what a file of the chosen design tells. Where the data lies is nobody else's concern.

        Args:
            buffered: Samples that each conditional buffer of the design holds.
        """
        given = vars(self) | {"buffered": buffered}
        del given["data"]
        return DesignRequest(**given)


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
