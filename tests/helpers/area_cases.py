"""Modules whose area the tests of the resource model look at."""

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION
from fpga_ee.hardware.area.sweep import Case, Drawn
from fpga_ee.hardware.diagram.module import parameters
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.memory_image import Image

WINDOW = {
    "ROWS": 9,
    "COLS": 9,
    "KERNEL_ROWS": 3,
    "KERNEL_COLS": 3,
    "STRIDE_ROWS": 1,
    "STRIDE_COLS": 1,
    "PAD_TOP": 1,
    "PAD_LEFT": 1,
    "OUT_ROWS": 9,
    "OUT_COLS": 9,
}
PRODUCTS = {
    "IN_BITS": 8,
    "IN_SIGNED": 0,
    "WEIGHT_BITS": 7,
    "SUM_BITS": 20,
    "MULTIPLIER_BITS": 25,
    "CONSTANT_WEIGHTS": 0,
}


def convolution(lanes_in: int, lanes_out: int, bank_cols: int, seed: int) -> Case:
    """A convolution of 4 channels and 6 filters, which is in no sweep."""
    groups, folds = 4 // lanes_in, 6 // lanes_out
    beats = groups * 3 * 3 // bank_cols
    sizes = {"LANES_IN": lanes_in, "LANES_OUT": lanes_out, "GROUPS": groups, "FOLDS": folds}
    banks = {"BANK_ROWS": 1, "BANK_COLS": bank_cols, "SLOTS": 6}
    drawn = {
        "WEIGHTS": Drawn(beats * folds, bank_cols * lanes_in * lanes_out, 7, 15, seed),
        "BIAS": Drawn(folds, lanes_out, 20, 300, seed + 1),
    }
    return Case("convolution", {**sizes, **WINDOW, **PRODUCTS, **banks}, drawn)


def linear(words: int, lanes: int, seed: int) -> Case:
    """A linear layer of 96 words and 12 sums."""
    beats, folds = 96 // words, 12 // lanes
    sizes = {"WORDS": words, "LANES": lanes, "BEATS": beats, "FOLDS": folds}
    drawn = {
        "WEIGHTS": Drawn(beats * folds, words * lanes, 7, 10, seed),
        "BIAS": Drawn(folds, lanes, 20, 200, seed + 1),
    }
    return Case("linear", sizes | PRODUCTS, drawn)


CLIPS = ((0, 96), (-64, 64), (-37, 101), (3, 192))
"""The least and the greatest word of requantisations behind which a clip stands."""


def clipped(limits: tuple[int, int]) -> Case:
    """A requantisation of two sums to 8 bits."""
    sizes = {"LANES": 2, "IN_BITS": 19, "OUT_BITS": 8, "SHIFT": 7}
    return Case("requantise", sizes | {"LOW": limits[0], "HIGH": limits[1]})


def grouped_convolution(blocks: int, bank_cols: int, seed: int) -> Case:
    """A convolution of 6 groups of 2 channels and 2 filters, which is in no sweep."""
    rounds, beats = 6 // blocks, 3 * 3 // bank_cols
    sizes = {"LANES_IN": 2, "LANES_OUT": 2, "BLOCKS": blocks, "ROUNDS": rounds, "GROUPS": rounds, "FOLDS": 1}
    banks = {"BANK_ROWS": 1, "BANK_COLS": bank_cols, "SLOTS": 6}
    drawn = {
        "WEIGHTS": Drawn(rounds * beats, bank_cols * 2 * 2 * blocks, 7, 15, seed),
        "BIAS": Drawn(rounds, 2 * blocks, 20, 300, seed + 1),
    }
    return Case("grouped_convolution", {**sizes, **WINDOW, **PRODUCTS, **banks}, drawn)


def products_of(in_bits: int, weight_bits: int) -> Case:
    """Two words times eight lines of weights."""
    sizes = {"WORDS": 2, "LANES": 1, "LINES": 8, "IN_SIGNED": 0, "MULTIPLIER_BITS": 25}
    return Case(
        "products",
        sizes | {"IN_BITS": in_bits, "WEIGHT_BITS": weight_bits},
        {"WEIGHTS": Drawn(8, 2, weight_bits, 3, seed=1)},
    )


def entropy_decision(threshold: float) -> Case:
    """A decision over 7 logits of 8 bits; it has few bounds for a threshold that is nearly 0."""
    logits = Stream("logits", 1, 8, signed=True, beats=7, stage=0)
    rule = CRITERION.integer_rule(threshold, FixedPoint(8, signed=True, frac=1))
    found = parameters(ExitDecisionEntropy.of_rule(rule, logits, 7))
    return Case(
        "exit_decision_entropy",
        {name: value for name, value in found.items() if isinstance(value, int)},
        tables={
            name: ([*value.words], value.width) for name, value in found.items() if isinstance(value, Image)
        },
    )
