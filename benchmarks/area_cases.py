"""The cases of the resource model's sweep.

Layers like those of B_Lenet at foldings of all kinds, and what stands between them.
"""

from collections.abc import Iterator
from itertools import product
from math import exp, log
from random import Random
from typing import NamedTuple

from fpga_ee.hardware.area.sweep import Case, Drawn
from fpga_ee.hardware.library.requantise_filters import COARSER_BITS, grids
from fpga_ee.hardware.library.sliding_window import slots

MOST_PRODUCTS = 260
"""Products at once beyond which a case takes minutes."""


class Shape(NamedTuple):
    """A convolution, square in all that it is."""

    channels: int
    filters: int
    rows: int
    kernel: int
    padding: int
    out_rows: int


CONVOLUTIONS = (
    Shape(1, 5, 28, 5, 4, 32),
    Shape(5, 10, 16, 3, 1, 16),
    Shape(5, 10, 16, 5, 4, 20),
    Shape(10, 20, 10, 5, 3, 12),
)

LINEARS = ((640, 10, 64, 22), (720, 10, 36, 22), (720, 84, 36, 22), (84, 10, 1, 19))
"""Words, sums, positions that the words are of, bits of a sum."""

NARROW = (
    (4, 4, 3, 1, 4, 4),
    (2, 4, 3, 1, 4, 4),
    (4, 2, 2, 3, 2, 4),
    (4, 8, 2, 3, 2, 4),
    (8, 2, 2, 2, 8, 4),
    (3, 3, 1, 1, 30, 8),
)
"""Linear layers of few bits: of words, of weights; words and sums at once, beats, folds."""

GROUPED = (
    *((9, 1, 1, 16, 1, 1), (9, 1, 4, 4, 1, 1), (3, 1, 2, 8, 3, 1), (1, 1, 1, 16, 9, 1), (1, 1, 8, 1, 9, 1)),
    *((2, 1, 1, 6, 4, 3), (2, 3, 1, 5, 2, 1), (4, 2, 2, 3, 3, 1), (9, 1, 3, 1, 1, 1), (9, 2, 1, 4, 4, 4)),
    *((1, 2, 1, 40, 18, 5), (4, 1, 1, 8, 1, 8), (3, 1, 8, 4, 3, 1), (1, 1, 16, 2, 9, 1), (4, 3, 1, 12, 2, 2)),
    *((3, 1, 1, 40, 3, 1), (2, 2, 4, 1, 9, 1)),
)
"""Of linear layers in groups: words and outputs at once and groups at once, rounds, beats, folds."""

DEPTHWISE = ((4, 6, 1), (6, 5, 2))
"""Channels, rows, and filters of each channel; a window of 3 x 3 with padding."""

POOLINGS = ((5, 32), (10, 16), (10, 20), (20, 12))
"""Channels and rows."""

REQUANTISED = (
    *((lanes, bits, 8, shift, 0) for lanes, bits, shift in ((1, 19, 9), (1, 19, 8), (2, 19, 6), (5, 19, 6))),
    *((lanes, bits, 8, shift, 0) for lanes, bits, shift in ((10, 20, 7), (1, 21, 6), (4, 20, 7), (2, 22, 8))),
    *((lanes, bits, 16, shift, -32768) for lanes, bits, shift in ((1, 22, 6), (1, 19, 7), (5, 21, 6))),
    *((lanes, bits, 16, shift, -32768) for lanes, bits, shift in ((2, 22, 7), (10, 22, 6), (1, 24, 8))),
    *((1, 22, 8, 8, -128), (1, 20, 8, 5, -128), (3, 18, 4, 10, -8)),
    *((2, 12, 16, -2, -32768), (2, 16, 8, 1, -128), (1, 10, 8, 0, -128)),
)
"""Lanes, bits of a word before and after, bits dropped, least word."""

FILTERS = (
    *(
        (4, 1, 20, 4),
        (1, 2, 20, 1),
        (1, 2, 18, 4),
        (1, 4, 20, 2),
        (1, 5, 21, 3),
        (1, 8, 20, 1),
        (1, 8, 20, 3),
    ),
    *((1, 8, 20, 7), (1, 16, 22, 3), (1, 16, 20, 6), (1, 64, 20, 3), (1, 64, 20, 5), (1, 100, 20, 3)),
    *((2, 5, 20, 3), (4, 6, 20, 3), (4, 16, 19, 4), (2, 128, 20, 5), (8, 8, 20, 3), (16, 2, 18, 4)),
    *((5, 12, 20, 2), (10, 2, 20, 5), (1, 16, 20, 15)),
)
"""Of filters with grids of their own: lanes, turns, bits of a word before, most bits that one is coarser."""

ADDITIONS = (
    *((1, (8, 0, 0), (8, 0, 0), 10), (1, (8, 0, 1), (8, 1, 0), 11), (1, (8, 1, 0), (8, 1, 3), 12)),
    *((4, (8, 0, 0), (8, 1, 0), 10), (4, (8, 1, 2), (8, 0, 0), 11), (16, (8, 1, 0), (8, 1, 0), 9)),
    *((16, (8, 0, 0), (8, 1, 1), 10), (2, (4, 0, 0), (4, 0, 2), 8), (8, (10, 1, 0), (8, 0, 2), 12)),
    *((3, (16, 1, 0), (16, 1, 4), 21), (2, (2, 0, 0), (8, 0, 5), 14), (64, (8, 0, 0), (8, 1, 1), 10)),
)
"""Lanes; bits, sign and shift of a word of each stream; bits of a sum."""

AVERAGES = (
    *((1, 1, 1, 4, 8, 0, 1), (1, 1, 1, 4, 8, 0, 21845), (2, 1, 1, 9, 8, 1, 3641), (4, 1, 1, 9, 8, 0, 7282)),
    *((2, 2, 1, 2, 8, 0, 1), (2, 4, 1, 1, 8, 0, 1), (2, 9, 1, 1, 8, 0, 7282), (3, 3, 1, 3, 4, 1, 7282)),
    *((1, 1, 8, 64, 8, 0, 1), (4, 1, 16, 64, 8, 0, 1), (4, 1, 16, 49, 8, 0, 1337)),
    *((1, 1, 64, 49, 8, 0, 1337), (1, 1, 2, 64, 8, 1, 3), (8, 1, 4, 9, 8, 0, 7282), (2, 1, 40, 64, 8, 0, 5)),
    *(
        (1, 1, 200, 64, 8, 0, 1),
        (4, 1, 128, 64, 8, 0, 1),
        (2, 1, 512, 49, 8, 0, 1337),
        (1, 1, 1024, 16, 8, 0, 1),
    ),
    *((1, 1, 96, 16, 8, 0, 1), (1, 1, 4, 1, 8, 0, 1), (1, 1, 65, 4, 8, 0, 1), (16, 1, 64, 16, 8, 0, 1)),
    *((1, 25, 1, 1, 8, 0, 2621), (4, 1, 2, 16, 8, 0, 1), (8, 1, 1, 4, 8, 0, 1), (8, 1, 160, 49, 8, 0, 1337)),
)
"""Channels and words of each in a beat, groups, beats, bits of a word, whether it is signed, the constant."""

BUFFERS = (
    *((16, 10, 3, 1), (8, 1280, 8, 0), (8, 1280, 2, 0), (40, 256, 8, 0), (40, 256, 2, 0), (8, 1280, 4, 0)),
    *((80, 256, 8, 0), (8, 1280, 16, 0), (16, 10, 2, 1), (32, 100, 4, 0), (8, 36, 3, 0), (8, 100, 5, 0)),
    *((40, 256, 16, 0), (12, 20, 1, 0), (24, 512, 6, 0), (8, 640, 10, 0)),
)
"""Bits and beats of a sample, samples, and which verdict keeps one."""

QUEUES = ((8, 40), (8, 84), (16, 84), (8, 256), (8, 784), (112, 56), (40, 128), (16, 1280))
"""Bits and beats."""

CONSTANTS = (
    *((25, 5, 24), (25, 5, 12), (9, 4, 20), (10, 10, 22), (1, 8, 30), (84, 1, 22)),
    *((10, 2, 24), (10, 2, 12), (25, 1, 24), (20, 2, 9), (8, 4, 30)),
)
"""Words, filters, standard deviation of the weights."""

SINGLE_WEIGHTS = (
    *(1, 2, -1, -2, 3, 5, -3, -5, 7, 16, 32, 48, -16, -48, 17, 19, -17, 33, 35, -35, 37, -37, 21, 45),
    *(11, -11, -21, -45, 27, 43, -27, 51, -51, 63),
)
"""Weights of one word, each on its own."""

DECISIONS = (
    (16, 10, 4, 95729),
    (16, 10, 4, 83913),
    (16, 10, 3, 72818),
    (12, 10, 2, 70001),
    (16, 100, 5, 91234),
)
"""Bits of a logit, classes, fractional bits, bound."""

IDS = {"ID_BITS": (16,)}

GRIDS = (
    ("product_pair", {"FACTOR_BITS": (5,), "WEIGHT_BITS": (7,), "MULTIPLIER_BITS": (25,)}),
    ("product_pair", {"FACTOR_BITS": (9,), "WEIGHT_BITS": (4, 5, 6, 7, 8), "MULTIPLIER_BITS": (25,)}),
    ("stream_skid", {"WIDTH": (1, 3, 8, 19, 38, 95)}),
    ("stream_split", {"WIDTH": (1, 80)}),
    ("join_ids", {"WIDTH": (1, 80), **IDS}),
    ("sample_ids", {"WIDTH": (1, 80), **IDS}),
    ("stream_narrow", {"WIDTH": (8, 40), "FACTOR": (2, 3, 4, 5, 8, 10)}),
    ("stream_widen", {"WIDTH": (8, 40), "FACTOR": (2, 3, 4, 5, 8, 10)}),
    ("sample_distributor", {"WIDTH": (8, 80), "COPIES": (2, 3, 4, 5, 8, 16), **IDS}),
    ("sample_collector", {"WIDTH": (8, 80), "COPIES": (2, 3, 4, 5, 8, 16), **IDS}),
    ("stream_fifo", {"WIDTH": (5, 8, 20, 80), "DEPTH": (2, 3, 4, 8, 10, 16, 20, 32, 64)}),
    ("exit_decision_margin", {"BITS": (4, 8, 12, 16, 24), **IDS, "BOUND": (5,)}),
    ("word_select", {"WIDTH": (8,), "COUNT": tuple(range(1, 17))}),
    ("word_select", {"WIDTH": (40,), "COUNT": (1, 2, 3, 5)}),
    (
        "exit_merge",
        {
            "EXITS": (1, 2, 3),
            "BITS": (12, 16, 20),
            "CLASSES": (10,),
            **IDS,
            "LABEL_BITS": (8,),
            "EXIT_BITS": (8,),
        },
    ),
)
"""Modules, and the values of each of their parameters: all combinations."""


def cases() -> list[Case]:
    """All cases; the same every time."""
    return [
        *_decisions(),
        *_poolings(),
        *_requantised(),
        *_requantised_filters(),
        *_additions(),
        *_averages(),
        *_between_layers(),
        *_constants(),
        *_windows(),
        *_convolutions(),
        *_linears(),
        *_narrow(),
        *_grouped(),
        *_depthwise(),
    ]


def _convolutions() -> Iterator[Case]:
    random = Random(1)  # noqa: S311 - no secret
    for shape in CONVOLUTIONS:
        every = [
            (lanes_in, lanes_out, banks)
            for lanes_in in _divisors(shape.channels)
            for lanes_out in _divisors(shape.filters)
            for banks in ((1, 1), (1, shape.kernel), (shape.kernel, shape.kernel))
            if lanes_in * lanes_out * banks[0] * banks[1] <= MOST_PRODUCTS
        ]
        for lanes_in, lanes_out, banks in random.sample(every, min(9, len(every))):
            words, groups = lanes_in * banks[0] * banks[1], shape.channels // lanes_in
            beats = groups * (shape.kernel // banks[0]) * (shape.kernel // banks[1])
            folds = shape.filters // lanes_out
            sum_bits = 13 + (shape.channels * shape.kernel**2 - 1).bit_length()
            spread, seed = random.choice((9, 12, 22)), random.randrange(9**9)
            weights = Drawn(beats * folds, words * lanes_out, 7, spread, seed)
            spread, seed = random.choice((100, 300, 900)), random.randrange(9**9)
            bias = Drawn(folds, lanes_out, sum_bits, spread, seed)
            yield Case(
                "convolution",
                {
                    "LANES_IN": lanes_in,
                    "LANES_OUT": lanes_out,
                    "GROUPS": groups,
                    "FOLDS": folds,
                    **_numbers(0, sum_bits),
                    **_window(shape.rows, (shape.kernel, 1, shape.padding), shape.out_rows, banks),
                },
                {"CONSTANT_WEIGHTS" if beats * folds == 1 else "WEIGHTS": weights, "BIAS": bias},
            )


def _windows() -> Iterator[Case]:
    for shape in CONVOLUTIONS:
        for lanes, cols in product(_divisors(shape.channels), (1, shape.kernel)):
            window = _window(
                shape.rows, (shape.kernel, 1, shape.padding), shape.out_rows, (shape.kernel, cols)
            )
            size = {"LANES": lanes, "BITS": 8, "GROUPS": shape.channels // lanes, "PAD_WORD": 0}
            yield Case("sliding_window", size | window)


def _linears() -> Iterator[Case]:
    random = Random(2)  # noqa: S311 - no secret
    for inputs, filters, positions, sum_bits in LINEARS:
        every = [
            (words, lanes)
            for words in _divisors(inputs // positions)
            for lanes in _divisors(filters)
            if words * lanes <= 120
        ]
        for words, lanes in random.sample(every, min(7, len(every))):
            beats, folds = inputs // words, filters // lanes
            signed = random.choice((0, 0, 1))
            spread, seed = random.choice((8, 10, 22)), random.randrange(9**9)
            weights = Drawn(beats * folds, words * lanes, 7, spread, seed)
            bias = Drawn(folds, lanes, sum_bits, random.choice((150, 300)), random.randrange(9**9))
            sizes = {"WORDS": words, "LANES": lanes, "BEATS": beats, "FOLDS": folds}
            yield Case("linear", sizes | _numbers(signed, sum_bits), {"WEIGHTS": weights, "BIAS": bias})


def _narrow() -> Iterator[Case]:
    for (in_bits, bits, words, lanes, beats, folds), signed in product(NARROW, (0, 1)):
        sum_bits = in_bits + bits + 6
        sizes = {"WORDS": words, "LANES": lanes, "BEATS": beats, "FOLDS": folds}
        numbers = _numbers(signed, sum_bits) | {"IN_BITS": in_bits, "WEIGHT_BITS": bits}
        weights = Drawn(beats * folds, words * lanes, bits, 2**bits / 5, 3)
        yield Case(
            "linear", sizes | numbers, {"WEIGHTS": weights, "BIAS": Drawn(folds, lanes, sum_bits, 30, 4)}
        )


def _grouped() -> Iterator[Case]:
    random = Random(3)  # noqa: S311 - no secret
    for words, lanes, blocks, rounds, beats, folds in GROUPED:
        sum_bits, lines = random.choice((17, 20, 22)), rounds * beats * folds
        sizes = {"WORDS": words, "LANES": lanes, "BLOCKS": blocks, "ROUNDS": rounds}
        sizes |= {"BEATS": beats, "FOLDS": folds}
        weights = Drawn(lines, words * lanes * blocks, 7, random.choice((9, 22)), random.randrange(9**9))
        bias = Drawn(
            rounds * folds, lanes * blocks, sum_bits, random.choice((100, 900)), random.randrange(9**9)
        )
        drawn = {"CONSTANT_WEIGHTS" if lines == 1 else "WEIGHTS": weights, "BIAS": bias}
        numbers = _numbers(random.choice((0, 1)), sum_bits)
        yield Case("grouped_linear", sizes | numbers, drawn, with_inner=False)


def _depthwise() -> Iterator[Case]:
    random = Random(4)  # noqa: S311 - no secret
    for channels, rows, filters in DEPTHWISE:
        every = [(blocks, cols) for blocks in _divisors(channels) for cols in (1, 3)]
        for blocks, bank_cols in random.sample(every, 1):
            rounds, lanes_out = channels // blocks, filters if blocks > 1 else 1
            folds, beats = filters // lanes_out, 3 // bank_cols
            sizes = {"LANES_IN": 1, "LANES_OUT": lanes_out, "BLOCKS": blocks, "ROUNDS": rounds}
            sizes |= {"GROUPS": rounds, "FOLDS": folds}
            words = 3 * bank_cols * lanes_out * blocks
            lines = rounds * beats * folds
            weights = Drawn(lines, words, 7, random.choice((9, 22)), random.randrange(9**9))
            bias = Drawn(rounds * folds, lanes_out * blocks, 18, 300, random.randrange(9**9))
            yield Case(
                "grouped_convolution",
                sizes | _numbers(0, 18) | _window(rows, (3, 1, 1), rows, (3, bank_cols)),
                {"CONSTANT_WEIGHTS" if lines == 1 else "WEIGHTS": weights, "BIAS": bias},
                with_inner=False,
            )


def _poolings() -> Iterator[Case]:
    for channels, rows in POOLINGS:
        for lanes in _divisors(channels):
            size = {"LANES": lanes, "BITS": 8, "SIGNED": 0, "GROUPS": channels // lanes}
            yield Case("max_pool", size | _window(rows, (2, 2, 0), rows // 2, (1, 1)))
    for bits, signed, banks in ((8, 1, (1, 1)), (4, 0, (2, 1)), (8, 0, (2, 2)), (16, 1, (2, 2))):
        size = {"LANES": 2, "BITS": bits, "SIGNED": signed, "GROUPS": 3}
        yield Case("max_pool", size | _window(14, (2, 1, 1), 15, banks))


def _requantised() -> Iterator[Case]:
    for lanes, in_bits, out_bits, shift, low in REQUANTISED:
        sizes = {"LANES": lanes, "IN_BITS": in_bits, "OUT_BITS": out_bits, "SHIFT": shift, "LOW": low}
        yield Case("requantise", sizes | {"HIGH": (1 << (out_bits - (low < 0))) - 1})


def _requantised_filters() -> Iterator[Case]:
    random = Random(8)  # noqa: S311 - no secret
    for lanes, turns, bits, most in FILTERS:
        coarser = [0, *(random.randint(0, most) for _ in range(lanes * turns - 2)), most]
        sizes = {"LANES": lanes, "TURNS": turns, "IN_BITS": bits, "OUT_BITS": 8}
        sizes |= {"SHIFT": 9, "LOW": 0, "HIGH": 255}
        tables = {"COARSER": ([grids("COARSER", coarser).value], COARSER_BITS * len(coarser))}
        yield Case("requantise_filters", sizes, tables=tables, with_inner=False)


def _additions() -> Iterator[Case]:
    for lanes, *words, sum_bits in ADDITIONS:
        sizes = {"LANES": lanes}
        for stream, (bits, signed, shift) in zip("AB", words, strict=True):
            sizes |= {f"{stream}_BITS": bits, f"{stream}_SIGNED": signed, f"{stream}_SHIFT": shift}
        yield Case("addition", sizes | {"SUM_BITS": sum_bits})


def _averages() -> Iterator[Case]:
    for lanes, taps, groups, beats, bits, signed, factor in AVERAGES:
        largest = taps * beats * ((1 << bits) - 1)
        sizes = {
            "LANES": lanes,
            "TAPS": taps,
            "GROUPS": groups,
            "BEATS": beats,
            "BITS": bits,
            "SIGNED": signed,
        }
        sums = {"SUM_BITS": largest.bit_length() + 1, "FACTOR": factor}
        yield Case("average", {**sizes, **sums, "OUT_BITS": (largest * factor).bit_length() + 1})


def _between_layers() -> Iterator[Case]:
    for width, beats, samples, keep in BUFFERS:
        sizes = {"WIDTH": width, "BEATS": beats, "SAMPLES": samples, "ID_BITS": 16, "KEEP": keep}
        yield Case("conditional_buffer", sizes)
    for module, axes in GRIDS:
        for values in product(*axes.values()):
            yield Case(module, dict(zip(axes, values, strict=True)))
    for width, depth in QUEUES:
        yield Case("stream_fifo", {"WIDTH": width, "DEPTH": depth})


def _constants() -> Iterator[Case]:
    for seed, (words, lanes, spread) in enumerate(CONSTANTS, start=1):
        sizes = {"WORDS": words, "LANES": lanes, "IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 7}
        yield Case("constant_products", sizes, {"WEIGHTS": Drawn(1, words * lanes, 7, spread, seed)})
    for weight in SINGLE_WEIGHTS:
        sizes = {"WORDS": 1, "LANES": 1, "IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 7}
        yield Case("constant_products", sizes | {"WEIGHTS": weight & 127})


def _decisions() -> Iterator[Case]:
    for bits, classes, fraction, bound in DECISIONS:
        entries = int(log(2**17) * 2**fraction) + 1
        exponentials = [round(2**16 * exp(-index / 2**fraction)) for index in range(entries)]
        weighted = [
            round(index / 2**fraction * 2**14 * exp(-index / 2**fraction)) for index in range(entries)
        ]
        bounds = [round(2**16 * (1 + index / 40) * 0.3) for index in range(375)]
        sizes = {"BITS": bits, "CLASSES": classes, "ID_BITS": 16, "ENTRIES": entries, "TABLE_BITS": 17}
        tables = {"EXPONENTIALS": (exponentials, 17)}
        yield Case("exit_decision_top1", sizes | {"BOUND": bound}, tables=tables)
        yield Case(
            "exit_decision_entropy",
            sizes | {"SCALE_BITS": 16, "SHIFT": 8, "BOUND_ENTRIES": 375},
            tables=tables | {"WEIGHTED": (weighted, 17), "BOUNDS": (bounds, 32)},
        )


def _numbers(signed: int, sum_bits: int) -> dict[str, int]:
    """Words of 8 bits, weights of 7, for a DSP48E1."""
    return {
        "IN_BITS": 8,
        "IN_SIGNED": signed,
        "WEIGHT_BITS": 7,
        "SUM_BITS": sum_bits,
        "MULTIPLIER_BITS": 25,
        "CONSTANT_WEIGHTS": 0,
    }


def _window(rows: int, window: tuple[int, int, int], out_rows: int, banks: tuple[int, int]) -> dict[str, int]:
    """A square window: kernel, stride and padding."""
    kernel, stride, padding = window
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
        "SLOTS": slots(kernel, stride, banks[0]),
    }


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]
