"""What a check found out about a network: layer by layer, and whether a board has room for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from fpga_ee.quantization.authored import AuthoredLayer

FIXED_POINT = "fixed point"
FPGACONVNET = "fpgaConvNet"
LIBRARY = "our library"
TAKERS = (FIXED_POINT, FPGACONVNET, LIBRARY)
"""Who is asked: ``quantize``, ``hw-estimate`` and ``hw-generate``."""


class Answer(Enum):
    """What one of them says to a layer."""

    TAKEN = "yes"
    REFUSED = "no"
    NOT_ASKED = "-"


@dataclass(frozen=True)
class Refusal:
    """A layer that is not taken.

    Attributes:
        taker: Who refuses it.
        layer: The layer; None where the network as a whole is refused.
        reason: Why, and the way out.
    """

    taker: str
    layer: AuthoredLayer | None
    reason: str


@dataclass(frozen=True)
class Fit:
    """Whether a board has room for the smallest design.

    Attributes:
        taker: Whose design.
        fits: Whether it has; None where nobody knows.
        reason: What the design takes, which resource is missing, or why nobody knows.
    """

    taker: str
    fits: bool | None
    reason: str


@dataclass(frozen=True)
class Check:
    """All that a check found out.

    Attributes:
        network: Name of the network.
        board: Name of the board.
        layers: The layers as their author wrote them, in order.
        refusals: What is refused.
        not_asked: Who could not be asked about any layer, and why.
        fits: Whether the board has room.
    """

    network: str
    board: str
    layers: Sequence[AuthoredLayer]
    refusals: Sequence[Refusal]
    not_asked: Mapping[str, str]
    fits: Sequence[Fit]

    def answer(self, taker: str, layer: AuthoredLayer) -> Answer:
        """What is said to a layer; hardware is not asked about one that fixed point refuses."""
        refused = {refusal.taker for refusal in self.refusals if refusal.layer == layer}
        if taker in refused:
            return Answer.REFUSED
        if taker in self.not_asked or FIXED_POINT in refused:
            return Answer.NOT_ASKED
        return Answer.TAKEN

    def of(self, taker: str) -> list[Refusal]:
        """What one of them refuses."""
        return [refusal for refusal in self.refusals if refusal.taker == taker]

    @property
    def passed(self) -> bool:
        """Whether all is taken by all who were asked, and has room where that is known."""
        return not self.refusals and all(fit.fits is not False for fit in self.fits)
