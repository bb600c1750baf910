"""LUTs that choose one of several words (``word_select.sv``)."""

CHOICES = (0, 0, 1, 1, 1, 2, 2, 4, 3, 5, 4, 4.75, 7, 5.5, 6.125, 6.125, 7.5)
"""LUTs per bit that choose one of so many words, by that number: the tool's own, which a fit would blur."""


def choice(width: int, count: int) -> float:
    """LUTs that choose one of so many words; where there are more than sixteen, one of each sixteen first."""
    most = len(CHOICES) - 1
    if count <= most:
        return width * CHOICES[count]
    groups, rest = divmod(count, most)
    return groups * choice(width, most) + choice(width, rest) + choice(width, groups + (rest > 0))
