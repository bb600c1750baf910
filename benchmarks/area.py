"""The resource model of the library: count single modules with Yosys, and fit the model on the counts.

    python benchmarks/area.py sweep     # hours at most; goes on where it stopped; appends to hw/area/xc7.jsonl
    python benchmarks/area.py fit       # seconds; writes hw/area/xc7.json
    python benchmarks/area.py errors build/B_Lenet_se build/B_Lenet_fcn

The last compares the model with the synthesis of whole networks, minutes each, at six foldings of hw/designs; what is in
build/<network>/rtl_<folding>/ already is not made again.

The cases are layers like those of B_Lenet_se and B_Lenet_fcn at foldings of all kinds, with weights drawn at random, and
what stands between layers. No network is needed.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from math import exp, log
from pathlib import Path
from random import Random

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from fpga_ee.files import read_json, write_json
from fpga_ee.flow.rtl import generate_step, synthesise_step
from fpga_ee.hardware.resources import Resources
from fpga_ee.hardware.rtl.area.fit import fit as fitted
from fpga_ee.hardware.rtl.area.measure import measure
from fpga_ee.hardware.rtl.area.model import COEFFICIENTS, FAMILY, diagram_area
from fpga_ee.hardware.rtl.area.sweep import Case, Drawn, case_of, read
from fpga_ee.hardware.rtl.generate import load
from fpga_ee.hardware.rtl.library import AREA
from fpga_ee.hardware.rtl.yosys import version

SWEEP = AREA / "xc7.jsonl"

# Input channels, filters, rows, kernel, padding, output rows of convolutions, all of them square.
CONVOLUTIONS = ((1, 5, 28, 5, 4, 32), (5, 10, 16, 3, 1, 16), (5, 10, 16, 5, 4, 20), (10, 20, 10, 5, 3, 12))
LINEARS = ((640, 10, 64, 22), (720, 10, 36, 22), (720, 84, 36, 22), (84, 10, 1, 19))
POOLINGS = ((5, 32), (10, 16), (10, 20), (20, 12))
DESIGNS = AREA.parent / "designs"
FOLDINGS = ("smallest", "small", "medium", "ecp5", "fast", "wide")
MOST_PRODUCTS = 260
BATCH = 12


def divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


def convolutions() -> Iterator[Case]:
    random = Random(1)
    for channels, filters, rows, kernel, padding, out_rows in CONVOLUTIONS:
        every = [
            (lanes_in, lanes_out, banks)
            for lanes_in in divisors(channels)
            for lanes_out in divisors(filters)
            for banks in ((1, 1), (1, kernel), (kernel, kernel))
            if lanes_in * lanes_out * banks[0] * banks[1] <= MOST_PRODUCTS
        ]
        for lanes_in, lanes_out, banks in random.sample(every, min(9, len(every))):
            words, groups = lanes_in * banks[0] * banks[1], channels // lanes_in
            beats, folds = groups * (kernel // banks[0]) * (kernel // banks[1]), filters // lanes_out
            sum_bits = 15 + (channels * kernel * kernel - 1).bit_length() - 2
            weights = Drawn(beats * folds, words * lanes_out, 7, random.choice((9, 12, 22)), random.randrange(9**9))
            yield Case(
                "convolution",
                {
                    "LANES_IN": lanes_in,
                    "LANES_OUT": lanes_out,
                    "GROUPS": groups,
                    "FOLDS": folds,
                    "IN_BITS": 8,
                    "IN_SIGNED": 0,
                    "WEIGHT_BITS": 7,
                    "SUM_BITS": sum_bits,
                    "MULTIPLIER_BITS": 25,
                    "CONSTANT_WEIGHTS": 0,
                    **window(rows, kernel, 1, padding, out_rows, banks),
                },
                {
                    "CONSTANT_WEIGHTS" if beats * folds == 1 else "WEIGHTS": weights,
                    "BIAS": Drawn(folds, lanes_out, sum_bits, random.choice((100, 300, 900)), random.randrange(9**9)),
                },
            )


def linears() -> Iterator[Case]:
    random = Random(2)
    for inputs, filters, positions, sum_bits in LINEARS:
        channels = inputs // positions
        every = [(words, lanes) for words in divisors(channels) for lanes in divisors(filters) if words * lanes <= 120]
        for words, lanes in random.sample(every, min(7, len(every))):
            beats, folds = inputs // words, filters // lanes
            yield Case(
                "linear",
                {
                    "WORDS": words,
                    "LANES": lanes,
                    "BEATS": beats,
                    "FOLDS": folds,
                    "IN_BITS": 8,
                    "IN_SIGNED": random.choice((0, 0, 1)),
                    "WEIGHT_BITS": 7,
                    "SUM_BITS": sum_bits,
                    "MULTIPLIER_BITS": 25,
                    "CONSTANT_WEIGHTS": 0,
                },
                {
                    "WEIGHTS": Drawn(beats * folds, words * lanes, 7, random.choice((8, 10, 22)), random.randrange(9**9)),
                    "BIAS": Drawn(folds, lanes, sum_bits, random.choice((150, 300)), random.randrange(9**9)),
                },
            )


def window(
    rows: int, kernel: int, stride: int, padding: int, out_rows: int, banks: tuple[int, int]
) -> dict[str, int]:
    return {
        "ROWS": rows,
        "COLS": rows,
        "KERNEL_ROWS": kernel,
        "KERNEL_COLS": kernel,
        "STRIDE_ROWS": stride,
        "STRIDE_COLS": stride,
        "PAD_TOP": padding,
        "PAD_LEFT": padding,
        "OUT_ROWS": out_rows,
        "OUT_COLS": out_rows,
        "BANK_ROWS": banks[0],
        "BANK_COLS": banks[1],
        "SLOTS": -(-2 * max(kernel, stride) // banks[0]),
    }


def poolings() -> Iterator[Case]:
    for channels, rows in POOLINGS:
        for lanes in divisors(channels):
            size = {"LANES": lanes, "BITS": 8, "SIGNED": 0, "GROUPS": channels // lanes}
            yield Case("max_pool", size | window(rows, 2, 2, 0, rows // 2, (1, 1)))
    for bits, signed, banks in ((8, 1, (1, 1)), (4, 0, (2, 1)), (8, 0, (2, 2)), (16, 1, (2, 2))):
        size = {"LANES": 2, "BITS": bits, "SIGNED": signed, "GROUPS": 3}
        yield Case("max_pool", size | window(14, 2, 1, 1, 15, banks))


def between_layers() -> Iterator[Case]:
    for lanes, in_bits, shift in ((1, 19, 9), (1, 19, 8), (2, 19, 6), (5, 19, 6), (10, 20, 7), (1, 21, 6), (4, 20, 7), (2, 22, 8)):
        yield requantise(lanes, in_bits, 8, shift, 0)
    for lanes, in_bits, shift in ((1, 22, 6), (1, 19, 7), (5, 21, 6), (2, 22, 7), (10, 22, 6), (1, 24, 8)):
        yield requantise(lanes, in_bits, 16, shift, -32768)
    for lanes, in_bits, out_bits, shift in ((1, 22, 8, 8), (1, 20, 8, 5), (3, 18, 4, 10), (2, 12, 16, -2), (2, 16, 8, 1), (1, 10, 8, 0)):
        yield requantise(lanes, in_bits, out_bits, shift, -(1 << (out_bits - 1)))
    for width, beats, samples, keep in (
        (16, 10, 3, 1), (8, 1280, 8, 0), (8, 1280, 2, 0), (40, 256, 8, 0), (40, 256, 2, 0), (8, 1280, 4, 0), (80, 256, 8, 0),
        (8, 1280, 16, 0), (16, 10, 2, 1), (32, 100, 4, 0), (8, 36, 3, 0), (8, 100, 5, 0), (40, 256, 16, 0), (12, 20, 1, 0),
        (24, 512, 6, 0), (8, 640, 10, 0),
    ):
        yield Case("conditional_buffer", {"WIDTH": width, "BEATS": beats, "SAMPLES": samples, "ID_BITS": 16, "KEEP": keep})
    yield Case("product_pair", {"FACTOR_BITS": 5, "WEIGHT_BITS": 7, "MULTIPLIER_BITS": 25})
    for weight_bits in (4, 5, 6, 7, 8):
        yield Case("product_pair", {"FACTOR_BITS": 9, "WEIGHT_BITS": weight_bits, "MULTIPLIER_BITS": 25})
    for width in (1, 3, 8, 19, 38, 95):
        yield Case("stream_skid", {"WIDTH": width})
    for width in (1, 80):
        yield Case("stream_split", {"WIDTH": width})
        yield Case("join_ids", {"WIDTH": width, "ID_BITS": 16})
        yield Case("sample_ids", {"WIDTH": width, "ID_BITS": 16})
    for width in (8, 40):
        for factor in (2, 3, 4, 5, 8, 10):
            yield Case("stream_narrow", {"WIDTH": width, "FACTOR": factor})
            yield Case("stream_widen", {"WIDTH": width, "FACTOR": factor})
    for width in (8, 80):
        for copies in (2, 3, 4, 5, 8, 16):
            yield Case("sample_distributor", {"WIDTH": width, "COPIES": copies, "ID_BITS": 16})
            yield Case("sample_collector", {"WIDTH": width, "COPIES": copies, "ID_BITS": 16})
    for width in (5, 8, 20, 80):
        for depth in (2, 3, 4, 8, 10, 16, 20, 32, 64):
            yield Case("stream_fifo", {"WIDTH": width, "DEPTH": depth})
    for width, depth in ((8, 40), (8, 84), (16, 84), (8, 256), (8, 784), (112, 56), (40, 128), (16, 1280)):
        yield Case("stream_fifo", {"WIDTH": width, "DEPTH": depth})
    for count in (1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 16):
        yield Case("word_select", {"WIDTH": 8, "COUNT": count})
    for count in (1, 2, 3, 5):
        yield Case("word_select", {"WIDTH": 40, "COUNT": count})
    for exits in (1, 2, 3):
        for bits in (12, 16, 20):
            sizes = {"BITS": bits, "CLASSES": 10, "ID_BITS": 16, "LABEL_BITS": 8, "EXIT_BITS": 8}
            yield Case("exit_merge", {"EXITS": exits, **sizes})


def constants() -> Iterator[Case]:
    for words, lanes, spread, seed in ((25, 5, 24, 1), (25, 5, 12, 2), (9, 4, 20, 3), (10, 10, 22, 4), (1, 8, 30, 5), (84, 1, 22, 6)):
        sizes = {"WORDS": words, "LANES": lanes, "IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 7}
        yield Case("constant_products", sizes, {"WEIGHTS": Drawn(1, words * lanes, 7, spread, seed)})


def requantise(lanes: int, in_bits: int, out_bits: int, shift: int, low: int) -> Case:
    high = (1 << (out_bits - (low < 0))) - 1
    return Case(
        "requantise",
        {"LANES": lanes, "IN_BITS": in_bits, "OUT_BITS": out_bits, "SHIFT": shift, "LOW": low, "HIGH": high},
    )


def decisions() -> Iterator[Case]:
    for bits, classes, fraction, bound in ((16, 10, 4, 95729), (16, 10, 4, 83913), (16, 10, 3, 72818), (12, 10, 2, 70001), (16, 100, 5, 91234)):
        entries = int(log(2**17) * 2**fraction) + 1
        exponentials = [round(2**16 * exp(-index / 2**fraction)) for index in range(entries)]
        sizes = {"BITS": bits, "CLASSES": classes, "ID_BITS": 16, "ENTRIES": entries, "TABLE_BITS": 17}
        yield Case("exit_decision_top1", sizes | {"BOUND": bound}, tables={"EXPONENTIALS": (exponentials, 17)})
        weighted = [round(index / 2**fraction * 2**14 * exp(-index / 2**fraction)) for index in range(entries)]
        bounds = [round(2**16 * (1 + index / 40) * 0.3) for index in range(375)]
        tables = {"EXPONENTIALS": (exponentials, 17), "WEIGHTED": (weighted, 17), "BOUNDS": (bounds, 32)}
        yield Case(
            "exit_decision_entropy",
            sizes | {"SCALE_BITS": 16, "SHIFT": 8, "BOUND_ENTRIES": 375},
            tables=tables,
        )


def cases() -> list[Case]:
    every = [*decisions(), *poolings(), *between_layers(), *constants(), *convolutions(), *linears()]
    return every


def sweep() -> None:
    AREA.mkdir(exist_ok=True)
    lines = SWEEP.read_text(encoding="utf-8").splitlines() if SWEEP.exists() else []
    done = [case_of(json.loads(line)) for line in lines]
    wanted = [case for case in cases() if case not in done]
    while wanted:
        batch, wanted = wanted[:BATCH], wanted[BATCH:]
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            counts = measure(batch, Path(folder))
        with SWEEP.open("a", encoding="utf-8") as file:
            for case, takes in zip(batch, counts, strict=True):
                file.write(json.dumps(asdict(case) | {"takes": takes}) + "\n")
        print(f"{len(batch)} cases in {time.monotonic() - start:.0f} s, {len(wanted)} to go", flush=True)


def fit() -> None:
    coefficients = fitted(read(SWEEP))
    write_json(COEFFICIENTS, {"schema": 1, "tool": version(), "coefficients": coefficients})


def errors() -> None:
    table = Table("network", "folding", "LUT", "model", "", "FF", "model", "", "DSP", "model", "BRAM18", "model", box=MARKDOWN)
    for build in map(Path, sys.argv[2:]):
        for folding in FOLDINGS:
            folder = build / f"rtl_{folding}"
            if not (folder / "design.json").exists():
                generate_step(build, DESIGNS / f"{folding}.json", None, folder)
            file = folder / "synthesis_xc7.json"
            if not file.exists():
                synthesise_step(build, folder, FAMILY)
            counted = read_json(file)["total"]
            said = asdict(sum(diagram_area(load(build, folder).diagram).values(), Resources()))
            cells = []
            for name in ("lut", "ff"):
                off = 100 * (said[name] / counted[name] - 1)
                cells += [f"{counted[name]:,}", f"{said[name]:,}", f"{off:+.1f} %"]
            cells += [f"{counts[name]}" for name in ("dsp", "bram") for counts in (counted, said)]
            table.add_row(build.name, folding, *cells)
    Console(width=200).print(table)


if __name__ == "__main__":
    {"sweep": sweep, "fit": fit, "errors": errors}[sys.argv[1]]()
