"""Numbers that are known when an accelerator is generated: memory images and constants."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Image:
    """The content of a memory, in a file that ``$readmemh`` reads.

    Files have unique names in a design, so two images with one file are equal.

    Attributes:
        file: Name of the file.
        width: Bits of a word.
        words: The words, by address.
    """

    file: str
    width: int
    words: tuple[int, ...] = field(compare=False)

    @property
    def lines(self) -> list[str]:
        """Lines of the file: one word each, in hexadecimal digits."""
        digits = (self.width + 3) // 4
        return [f"{word:0{digits}x}" for word in self.words]


@dataclass(frozen=True)
class TopConstant:
    """A number of any width, as a local parameter of the top module.

    Attributes:
        name: Name of the local parameter, unique in a design.
        width: Its bits.
        value: The number.
    """

    name: str
    width: int
    value: int = field(compare=False)

    @property
    def verilog(self) -> str:
        """The number as SystemVerilog, with all of its digits."""
        return f"{self.width}'h{self.value:0{(self.width + 3) // 4}x}"


def packed(file: str, words: NDArray[np.int64], bits: int) -> Image:
    """Pack integers [lines, words] into an image.

    A row is a word, with its first number in the lowest bits.
    """
    apart = (words[:, :, None] >> np.arange(bits)) & 1
    rows = np.packbits(apart.reshape(len(words), -1).astype(np.uint8), axis=1, bitorder="little")
    numbers = tuple(int.from_bytes(row.tobytes(), "little") for row in rows)
    return Image(file, words.shape[1] * bits, numbers)


def table_image(file: str, table: Sequence[int] | NDArray[np.integer[Any]], bits: int) -> Image:
    """Make the image of a table, with one number in a line."""
    return packed(file, np.asarray(table, dtype=np.int64).reshape(-1, 1), bits)
