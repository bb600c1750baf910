"""The findings of a check of an untrained network: refusals layer by layer, and the room of a board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from fpga_ee.quantization.authored import AuthoredLayer

BY_FIXED_POINT = "fixed point"
BY_FPGACONVNET = "fpgaConvNet"
BY_OUR_LIBRARY = "our library"
TAKERS = (BY_FIXED_POINT, BY_FPGACONVNET, BY_OUR_LIBRARY)
"""Who is asked: ``quantize``, ``hw-estimate`` and ``hw-generate``."""


class Answer(Enum):
    """An answer to the question whether a layer is taken."""

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
class Room:
    """The room of a board for the smallest design.

    Attributes:
        taker: Whose design.
        fits: True where the design fits; None where nobody knows.
        reason: What the design takes, which resource is missing, or why nobody knows.
    """

    taker: str
    fits: bool | None
    reason: str


@dataclass(frozen=True)
class Check:
    """The findings of one check.

    Attributes:
        network: Name of the network.
        board: Name of the board.
        layers: The layers as their author wrote them, in order.
        refusals: What is refused.
        not_asked: Who could not be asked about any layer, and why.
        rooms: The room of the board, by each who makes designs.
    """

    network: str
    board: str
    layers: Sequence[AuthoredLayer]
    refusals: Sequence[Refusal]
    not_asked: Mapping[str, str]
    rooms: Sequence[Room]

    def answer(self, taker: str, layer: AuthoredLayer) -> Answer:
        """Give one taker's answer about a layer; hardware is not asked about one that fixed point refuses."""
        refused = {refusal.taker for refusal in self.refusals if refusal.layer == layer}
        if taker in refused:
            return Answer.REFUSED
        if taker in self.not_asked or BY_FIXED_POINT in refused:
            return Answer.NOT_ASKED
        return Answer.TAKEN

    def of(self, taker: str) -> list[Refusal]:
        """Give the refusals of one taker."""
        return [refusal for refusal in self.refusals if refusal.taker == taker]

    @property
    def passed(self) -> bool:
        """True where all who were asked take every layer, and the board has room as far as that is known."""
        return not self.refusals and all(room.fits is not False for room in self.rooms)
