"""An operator, by its effect on the grid of its values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from torch._ops import OpOverload
from torch.fx import Node


class Effect(Enum):
    """The effect of an operator on the grid of its values.

    * A *multiplying* operator leaves the grid of the feature maps, so its accumulators are requantised.
    * An *adding* operator gives the sum of two feature maps on the finer of their grids. The sum needs one
      more bit than that grid's format has, so it is requantised too.
    * A *choosing* operator gives values of its input, or 0, and never reverses the order of two values. So
      requantising commutes with it.
    * A *clipping* operator never reverses an order either, but its bounds need not be on the grid. It is done
      before requantising, never after it.
    * A *moving* operator changes no value.
    * A *padding* operator adds values of 0, which is on every grid. It is exported as a part of its reader.
    """

    MULTIPLYING = "multiplying"
    ADDING = "adding"
    CHOOSING = "choosing"
    CLIPPING = "clipping"
    MOVING = "moving"
    PADDING = "padding"


def _unknown_sign(_: Node) -> bool:
    return False


@dataclass(frozen=True)
class Operator:
    """An operator of PyTorch's graphs.

    Attributes:
        words: Its name in messages.
        targets: PyTorch's overloads of it.
        effect: Its effect on the grid.
        exported: ONNX's name of it; None for an operator that is not in the files.
        in_place: Overloads that work in place, each with the overload that does not.
        is_never_negative: Tells whether a node of it gives no negative value for any input.
        keeps_sign: True where its values are negative exactly where its input's values are.
    """

    words: str
    targets: frozenset[OpOverload]
    effect: Effect
    exported: str | None
    in_place: Mapping[OpOverload, OpOverload] = field(default_factory=dict)
    is_never_negative: Callable[[Node], bool] = _unknown_sign
    keeps_sign: bool = False
