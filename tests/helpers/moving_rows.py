"""Modules whose ports are no streams, for the table of latencies and intervals."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fpga_ee.hardware.tools import sources as library
from helpers.testbench import Case, Stream

LEAD = 12
"""Number of moves without a change, so that no register keeps its first value."""


@dataclass(frozen=True)
class Moving:
    """A module whose ports are no stream, with a step in its inputs that shows in its outputs.

    Attributes:
        numbers: Its parameters.
        entering: Its inputs and their bits; the first changes.
        leaving: Outputs that change with the first input, and their bits.
        steps: Values of the first input before, in and after the two moves that change it.
        others: Values of the other inputs, lowest first, which do not change.
    """

    numbers: Mapping[str, int | str]
    entering: Mapping[str, int]
    leaving: Mapping[str, int]
    steps: Sequence[int] = (0, 1, 2, 0)
    others: int = 0
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


WEIGHTS = ["1", "2", "3", "4"]

PLACES = {"ROW_BITS": 4, "COL_BITS": 4, "ROW_BANK_BITS": 1, "COL_BANK_BITS": 1}

MOVING = {
    "adder_tree": [
        Moving({"COUNT": count, "BITS": 4, "SUM_BITS": 8}, {"words": 4 * count}, {"sum": 8})
        for count in (1, 2, 5, 8)
    ],
    "constant_products": [
        Moving({"IN_BITS": 4, "WEIGHT_BITS": 4, "WEIGHTS": "4'd3"}, {"words": 4}, {"products": 8})
    ],
    "product_pair": [
        Moving(
            {"FACTOR_BITS": 5, "WEIGHT_BITS": 4},
            {"x": 5, "by_0": 4, "by_1": 4},
            {"product_0": 8, "product_1": 8},
            others=0x31,
        )
    ],
    "products": [
        Moving(
            {"LANES": 1, "IN_BITS": 4, "WEIGHT_BITS": 4, "WEIGHTS": '"headers_p.hex"'},
            {"line": 2, "words": 4},
            {"products": 8},
            others=1,
            files={"headers_p.hex": WEIGHTS},
        )
    ],
    "tap_order": [
        Moving(
            {"BANK_ROWS": 1, "BANK_COLS": 1, "BITS": 4, **PLACES},
            {
                "in_valid": 1,
                "in_last": 1,
                "in_row": 4,
                "in_col": 4,
                "in_row_bank": 1,
                "in_col_bank": 1,
                "banks": 4,
            },
            {"out_valid": 1},
            steps=(0, 1, 0, 0),
        )
    ],
    "row_ledger": [
        # The first row is enough, and the second takes the last room.
        Moving(
            {"HELD": 2, "ROWS": 6, "KERNEL_ROWS": 1, "OUT_ROWS": 6},
            {"write_row": 1, "read_row": 1},
            {"room": 1, "enough": 1},
            steps=(0, 1, 1, 0),
        )
    ],
    "window_reader": [
        Moving(
            {"KERNEL_ROWS": 1, "KERNEL_COLS": 1, "SLOTS": 2, **PLACES},
            {"step": 1, "last_row": 1},
            {"col": 4},
            steps=(0, 1, 1, 0),
        )
    ],
    "window_writer": [
        Moving({"COLS": 6, "SLOTS": 2, "COL_BITS": 4}, {"write": 1}, {"offset": 3}, steps=(0, 1, 1, 0))
    ],
}


def wrapped(module: str, moving: Moving, name: str) -> str:
    """The module between streams: a beat in and a beat out in every move."""

    def ends(ports: Mapping[str, int], data: str) -> tuple[int, list[str]]:
        low, connected = 0, []
        for port, bits in ports.items():
            connected.append(f".{port}({data}[{low}+:{bits}])")
            low += bits
        return low, connected

    bits_in, inner = ends(moving.entering, "in_data")
    bits_out, outer = ends(moving.leaving, "out_data")
    text = (library.LIBRARY / f"{module}.sv").read_text()
    own = [f".{port}({port})" for port in ("rst", "move") if re.search(rf"input +logic +{port},", text)]
    parameters = ", ".join(f".{parameter}({number})" for parameter, number in moving.numbers.items())
    return f"""
module {name} (
    input logic clk, rst, in_last, in_valid, out_ready, input logic [{bits_in - 1}:0] in_data,
    output logic in_ready, out_last, out_valid, output logic [{bits_out - 1}:0] out_data
);
    wire move = in_valid && out_ready;
    assign in_ready = out_ready, out_valid = in_valid, out_last = in_last;
    {module} #({parameters}) it (.clk(clk), {", ".join([*own, *inner, *outer])});
endmodule
"""


def moved(moving: Moving, name: str) -> Case:
    before, first, second, behind = moving.steps
    (bits, *_), others = moving.entering.values(), moving.others
    words = [before] * LEAD + [first, second] + [behind] * LEAD
    entering = Stream(
        sum(moving.entering.values()), [word | others << bits for word in words], [False] * len(words)
    )
    leaving = Stream(sum(moving.leaving.values()), [0] * len(words), [False] * len(words))
    return Case(name, {}, {"in": entering}, {"out": leaving}, files=moving.files)


STEPS = {
    f"{module}_{index}": (module, moving)
    for module, each in MOVING.items()
    for index, moving in enumerate(each)
}
