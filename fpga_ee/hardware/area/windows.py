"""The modules of a window: where beats go, where taps are, the banks, the order of taps, and pooling."""

from fpga_ee.hardware.area.instances import Instance, bits, clog2, position_bits
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, ram
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice


def max_pool(it: Instance) -> Terms:
    """What a pooling takes beside its window."""
    p = it.parameters
    taps = p["BANK_ROWS"] * p["BANK_COLS"]
    beats = p["KERNEL_ROWS"] * p["KERNEL_COLS"] // taps
    words = p["LANES"] * p["BITS"]
    # Which beat of a window, and whether the first or the last; not where there is one.
    counting = 2 + bits(beats) if beats > 1 else 0
    return Terms(
        ff=3 * words + 6 + counting, fitted={"one": 1, "bit": words, "bit of a tap": words * (taps - 1)}
    )


def tap_order(it: Instance) -> Terms:
    """What the order of taps takes, beside what chooses them."""
    p = it.parameters
    rows, cols = p["BANK_ROWS"], p["BANK_COLS"]
    taps = rows * cols * p["LANES"] * p["BITS"]
    row_bank, col_bank = clog2(rows), clog2(cols)
    return Terms(
        # `last` passes through a shift register.
        lut=1,
        ff=2 * taps + 3 + 2 * (rows + cols) + row_bank + 2 * col_bank,
        fitted={
            "one": 1,
            "row": (rows - 1) * p["ROW_BITS"],
            "column": (cols - 1) * p["COL_BITS"],
            "place": rows * cols if rows * cols > 1 else 0,
            "order": rows * row_bank + rows * cols * col_bank,
        },
    )


def window_writer(it: Instance) -> Terms:
    """What the places of beats take."""
    p = it.parameters
    groups, offset, slot = p["GROUPS"], p["OFFSET_BITS"], p["SLOT_BITS"]
    # Offsets are multiples of the groups.
    multiple = max(0, (groups & -groups).bit_length() - 2)
    group, row_bank, col_bank = clog2(groups), clog2(p["BANK_ROWS"]), clog2(p["BANK_COLS"])
    # A group beside its column is a sum of both, but where the groups are a power of two.
    summed = 1 << group != groups
    return Terms(
        ff=group + p["COL_BITS"] + row_bank + col_bank + offset - multiple + slot,
        fitted={
            "one": 1,
            "column": p["COL_BITS"],
            "offset": offset,
            "group": group,
            "group, summed": group if summed else 0,
            "offset, summed": offset if summed else 0,
            "slot": slot,
            "bank row": row_bank,
            "bank column": col_bank,
        },
    )


def window_reader(it: Instance) -> Terms:
    """What the places of taps take."""
    p = it.parameters
    row, col, offset, slot = (p[name] for name in ("ROW_BITS", "COL_BITS", "OFFSET_BITS", "SLOT_BITS"))
    tap_rows, tap_cols = p["KERNEL_ROWS"] // p["BANK_ROWS"], p["KERNEL_COLS"] // p["BANK_COLS"]
    # That of the columns is seen not to count where there is one.
    counters = bits(p["OUT_COLS"]) + bits(p["GROUPS"]) + bits(tap_rows) + clog2(tap_cols)
    return Terms(
        ff=2 * (row + col + slot + offset) + p["ROW_BANK_BITS"] + p["COL_BANK_BITS"] + counters,
        fitted={
            "one": 1,
            "row": row,
            "column": col,
            "offset": offset,
            "groups": offset if p["GROUPS"] > 1 else 0,
            "slot": slot,
            "bank row": p["BANK_ROWS"] - 1,
            "bank column": p["BANK_COLS"] - 1,
        },
    )


def sliding_window(it: Instance, family: Family) -> Terms:
    """What the banks take."""
    p = it.parameters
    place = position_bits(p)
    rows, cols = p["BANK_ROWS"], p["BANK_COLS"]
    banks, beat = rows * cols, p["LANES"] * p["BITS"]
    offset, slot = place["OFFSET_BITS"], place["SLOT_BITS"]
    memory = ram((1 << offset) * p["SLOTS"], beat, family.lut_memory)
    word = clog2(memory.rows) if memory.kind is Kind.BRAM else beat
    return Terms(
        lut=banks * (memory.takes.lut + choice(beat, memory.rows)),
        ff=banks * word,
        bram=banks * memory.takes.bram,
        fitted={
            "one": 1,
            "bank": banks - 1,
            "row of memory": banks * (memory.rows - 1),
            "bank rows of slots": (rows - 1) * slot,
            "bank columns of offsets": (cols - 1) * offset,
        },
    )
