"""Changes to the bytes of a file of any format."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Change = Callable[[bytes, Random], bytes]


@dataclass(frozen=True)
class Changes:
    """Changes after which no file may be taken, and after which some may."""

    invalid: tuple[Change, ...]
    odd: tuple[Change, ...]
