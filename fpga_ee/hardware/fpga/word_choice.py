"""What it takes to choose one of several words (``word_select.sv``)."""

CHOICES = (0, 0, 1, 1, 1, 2, 2, 4, 3, 5, 4, 4.75, 7, 5.5, 6.125, 6.125, 7.5)
"""LUTs a bit to choose one of so many words: as the tool makes them, which a fit would only blur."""


def choice(width: int, count: int) -> float:
    """LUTs that choose one of so many words; of more than the table has, first one of each sixteen."""
    most = len(CHOICES) - 1
    if count <= most:
        return width * CHOICES[count]
    groups, rest = divmod(count, most)
    return groups * choice(width, most) + choice(width, rest) + choice(width, groups + (rest > 0))
