"""Makes text from outside fit for a terminal: names of files, layers and tensors can hold anything."""

MOST_CHARACTERS = 1000
"""Most characters of a message. It names one thing, and a file system allows long names."""


def printable(text: str) -> str:
    """Replace characters that would steer a terminal, or that cannot be encoded, by escapes.

    Line breaks stay.
    """
    return "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1]
        for character in text
    )


def one_line(text: str) -> str:
    """Write a message as one line of limited length."""
    line = printable(" ".join(text.splitlines()))
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} ..."
