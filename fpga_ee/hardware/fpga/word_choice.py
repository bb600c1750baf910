"""LUTs of a multiplexer that selects one of several words (``word_select.sv``)."""

CHOICES = (0, 0, 1, 1, 1, 2, 2, 4, 3, 5, 4, 4.75, 7, 5.5, 6.125, 6.125, 7.5)
"""LUTs per bit, by the number of words: counts of Yosys, because a fit would be less exact."""


def choice(width: int, count: int) -> float:
    """Count the LUTs that select one of ``count`` words.

    From more than sixteen words, one of each sixteen is chosen first.
    """
    most = len(CHOICES) - 1
    if count <= most:
        return width * CHOICES[count]
    groups, rest = divmod(count, most)
    return groups * choice(width, most) + choice(width, rest) + choice(width, groups + (rest > 0))
