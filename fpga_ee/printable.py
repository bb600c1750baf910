"""Text from outside, made fit for a terminal: names of files, layers and tensors can hold anything."""

MOST_CHARACTERS = 1000
"""Of a message: it names one thing, and a name may be as long as a file system takes."""


def printable(text: str) -> str:
    """Text without what would steer a terminal or cannot be encoded; such characters are written as escapes.

    Line breaks stay.
    """
    return "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1]
        for character in text
    )


def one_line(text: str) -> str:
    """A message as one line of bounded length."""
    line = printable(" ".join(text.splitlines()))
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} ..."
