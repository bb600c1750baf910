"""The row ledger: two counters and two tables of constants, which depend on the window's geometry."""

from fpga_ee.hardware.area.instances import Instance, Memory, Parameters, bits, clog2
from fpga_ee.hardware.fpga.rom_bits import distinct
from fpga_ee.hardware.fpga.terms import Terms


def row_ledger(it: Instance) -> Terms:
    """What a row ledger takes."""
    p = it.parameters
    held, row = clog2(p["HELD"] + 1), bits(p["OUT_ROWS"])
    spare = held + 2
    # Both tables beside each other: equal registers of the two are one as well.
    lines = (_freed(p, at) | (_spent(p, at) & ((1 << spare) - 1)) << held for at in range(p["OUT_ROWS"]))
    tables = distinct(Memory(tuple(lines), held + spare))
    return Terms(
        ff=row + held + spare + tables,
        fitted={"one": 1, "row": row, "held": held, "table": tables},
    )


def _first(p: Parameters, row: int) -> int:
    return min(max(row * p["STRIDE_ROWS"] - p["PAD_TOP"], 0), p["ROWS"])


def _freed(p: Parameters, row: int) -> int:
    beyond = p["ROWS"] if row == p["OUT_ROWS"] - 1 else _first(p, row + 1)
    return beyond - _first(p, row)


def _needed(p: Parameters, row: int) -> int:
    bottom = row * p["STRIDE_ROWS"] - p["PAD_TOP"] + p["KERNEL_ROWS"]
    covered = min(max(bottom, 1), p["ROWS"]) - _first(p, row)
    return max(covered, _freed(p, row))


def _spent(p: Parameters, row: int) -> int:
    following = 0 if row == p["OUT_ROWS"] - 1 else row + 1
    return _freed(p, row) + _needed(p, following) - _needed(p, row)
