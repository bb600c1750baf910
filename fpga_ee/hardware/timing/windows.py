"""The rows that a row of windows needs, and the rows that it frees."""


def rows_of_windows(
    kernel: int, stride: int, padding: int, rows: int, outputs: int
) -> tuple[list[int], list[int]]:
    """Count the rows of a sample that each row of windows needs, and the rows that are free after it.

    A row of windows waits for the rows that it covers, and for the rows that it frees (``row_ledger.sv``).
    So the last row of windows also waits for rows that no window covers.

    Args:
        kernel: Rows of a window.
        stride: Rows from one row of windows to the next.
        padding: Rows of padding above the input.
        rows: Rows of the input.
        outputs: Rows of windows.

    Returns:
        For every row of windows: the rows that must have come, and the rows that are free afterwards. Both
        are counted from the first row of the sample.
    """
    tops = [row * stride - padding for row in range(outputs)]
    frees = [*(min(max(top, 0), rows) for top in tops[1:]), rows]
    covers = (min(max(top + kernel, 1), rows) for top in tops)
    return [max(pair) for pair in zip(covers, frees, strict=True)], frees
