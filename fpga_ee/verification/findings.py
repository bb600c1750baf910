"""The findings of a check of an untrained network: refusals layer by layer, and the room of a board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from fpga_ee.quantization.authored import AuthoredLayer

BY_FIXED_POINT = "fixed point"
BY_FPGACONVNET = "fpgaConvNet"
BY_OUR_LIBRARY = "our library"
TAKERS = (BY_FIXED_POINT, BY_FPGACONVNET, BY_OUR_LIBRARY)
"""All that are asked: fixed point (``quantize``), ``hw-estimate`` and ``hw-generate``."""


class Answer(Enum):
    """The answer of a taker about a layer."""

    TAKEN = "yes"
    REFUSED = "no"
    NOT_ASKED = "-"


@dataclass(frozen=True)
class Refusal:
    """A layer that is refused.

    Attributes:
        taker: The taker that refuses it.
        layer: The layer; None where the network as a whole is refused.
        reason: The reason, with a remedy.
    """

    taker: str
    layer: AuthoredLayer | None
    reason: str


@dataclass(frozen=True)
class Room:
    """The room of a board for the smallest design.

    Attributes:
        taker: The taker whose design it is.
        fits: True where the design fits; None where this is unknown.
        reason: The resources of the design, the missing resource, or the reason why it is unknown.
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
        refusals: All refusals.
        unasked: Layers that nobody was asked about, because they lead only to a refused layer; each with that
            layer.
        not_asked: Takers that could not be asked about any layer, with the reason.
        rooms: The room of the board, by each taker that makes designs.
    """

    network: str
    board: str
    layers: Sequence[AuthoredLayer]
    refusals: Sequence[Refusal]
    unasked: Mapping[AuthoredLayer, AuthoredLayer]
    not_asked: Mapping[str, str]
    rooms: Sequence[Room]

    def answer(self, taker: str, layer: AuthoredLayer) -> Answer:
        """Give one taker's answer about a layer.

        Hardware is not asked about a layer that fixed point refuses, and nobody about one that leads only to
        a refused layer.
        """
        refused = {refusal.taker for refusal in self.refusals if refusal.layer == layer}
        if taker in refused:
            return Answer.REFUSED
        if layer in self.unasked or taker in self.not_asked or BY_FIXED_POINT in refused:
            return Answer.NOT_ASKED
        return Answer.TAKEN

    def of(self, taker: str) -> list[Refusal]:
        """List the refusals of one taker."""
        return [refusal for refusal in self.refusals if refusal.taker == taker]

    @property
    def passed(self) -> bool:
        """True where all takers that were asked take every layer, and no board is known to lack room."""
        return not self.refusals and all(room.fits is not False for room in self.rooms)
