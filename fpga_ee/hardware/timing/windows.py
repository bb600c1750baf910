"""Rows that a row of windows waits for, and rows that it frees."""


def rows_of_windows(
    kernel: int, stride: int, padding: int, rows: int, outputs: int
) -> tuple[list[int], list[int]]:
    """Count the rows of a sample that each row of windows needs, and those that nobody needs behind it.

    A row of windows waits for the rows that it covers and for those that it frees (``row_ledger.sv``): the
    last one also for rows that no window covers.

    Args:
        kernel: Rows of a window.
        stride: Rows from one row of windows to the next.
        padding: Rows of padding above the input.
        rows: Rows of the input.
        outputs: Rows of windows.

    Returns:
        For every row of windows: rows that must have come, and rows that are free behind it, both counted
        from the first row of the sample.
    """
    tops = [row * stride - padding for row in range(outputs)]
    frees = [*(min(max(top, 0), rows) for top in tops[1:]), rows]
    covers = (min(max(top + kernel, 1), rows) for top in tops)
    return [max(pair) for pair in zip(covers, frees, strict=True)], frees
