"""Numbers that are known when an accelerator is generated: memory images and constants."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Image:
    """The content of a memory, in a file that ``$readmemh`` reads.

    Files have unique names in a design, so two images of one file are equal.

    Attributes:
        file: Name of the file.
        width: Bits of a word.
        words: Its words, by address.
    """

    file: str
    width: int
    words: tuple[int, ...] = field(compare=False)

    @property
    def lines(self) -> list[str]:
        """Lines of the file: a word each, in hexadecimal digits."""
        digits = (self.width + 3) // 4
        return [f"{word:0{digits}x}" for word in self.words]


@dataclass(frozen=True)
class Constant:
    """A number of any width, which is a local parameter of the top module.

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
