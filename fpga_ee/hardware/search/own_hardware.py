"""The hardware of our own library beside a design of another target, for one network and one board."""

from fpga_ee.files.schemas import Amount, record
from fpga_ee.hardware.fpga.resources import Counts


@record
class OwnDesign:
    """A design of our own library.

    Attributes:
        description: The design in a few words.
        throughput: Samples per second, with buffers that never stall.
        resources: Its resources.
        share: The largest share of the board's resources that it uses.
    """

    description: str
    throughput: Amount
    resources: Counts
    share: Amount


@record
class OwnHardware:
    """The designs of our own library for the network and the board of another design.

    Attributes:
        designs: The designs; none where the library does not take the network or the board.
        missing: The reason why there are none; empty where there are some.
    """

    designs: tuple[OwnDesign, ...]
    missing: str = ""
