"""Window, convolution, linear, pooling and requantise of random shapes, against plain integers."""

from collections.abc import Callable
from math import ceil
from random import Random

import numpy as np
from fpga_ee.hardware.network.memories import bias_lines, weight_lines

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.network import reference
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.window import Window

from .testbench import Case, Outcome, samples

SUM = FixedPoint(24, signed=True, frac=8)


def divisor(random: Random, number: int) -> int:
    return random.choice([candidate for candidate in range(1, number + 1) if number % candidate == 0])


def drawn_window(random: Random, largest_kernel: int) -> Window:
    kernel = (random.randint(1, largest_kernel), random.randint(1, largest_kernel))
    stride = (random.randint(1, 2), random.randint(1, 2))
    padding = tuple(random.randint(0, 4) for _ in range(4))
    return Window(kernel, stride, padding)  # type: ignore[arg-type]


def drawn_maps(random: Random, window: Window, channels: int, format_: FixedPoint) -> FeatureMap:
    rows = random.randint(max(1, window.kernel[0] - window.padding[0] - window.padding[2]), 9)
    cols = random.randint(max(1, window.kernel[1] - window.padding[1] - window.padding[3]), 9)
    return FeatureMap(channels, rows, cols, format_)


def words(maps: FeatureMap, count: int, seed: int) -> reference.Integers:
    generator = np.random.default_rng(seed)
    shape = (count, maps.rows, maps.cols, maps.channels)
    return generator.integers(maps.format.low, maps.format.high + 1, shape)


def window_parameters(window: Window, maps: FeatureMap, banks: tuple[int, int], lanes: int) -> dict[str, int]:
    rows, cols = window.output(maps.rows, maps.cols)
    return {
        "GROUPS": maps.channels // lanes,
        "ROWS": maps.rows,
        "COLS": maps.cols,
        "KERNEL_ROWS": window.kernel[0],
        "KERNEL_COLS": window.kernel[1],
        "STRIDE_ROWS": window.stride[0],
        "STRIDE_COLS": window.stride[1],
        "PAD_TOP": window.padding[0],
        "PAD_LEFT": window.padding[1],
        "OUT_ROWS": rows,
        "OUT_COLS": cols,
        "BANK_ROWS": banks[0],
        "BANK_COLS": banks[1],
        "SLOTS": ceil(2 * max(window.kernel[0], window.stride[0]) / banks[0]),
    }


def constant(lines: list[str]) -> dict[str, str]:
    """The only line of weights as a parameter, where there is no other."""
    return {"CONSTANT_WEIGHTS": f"{4 * len(lines[0])}'h{lines[0]}"} if len(lines) == 1 else {}


def banks_of(random: Random, window: Window) -> tuple[int, int]:
    return random.choice([(1, 1), (window.kernel[0], 1), (1, window.kernel[1]), window.kernel])


def _convolutions() -> list[Case]:
    random = Random(6)
    cases = []
    for index in range(24):
        window = drawn_window(random, 5)
        channels, filters = random.randint(1, 8), random.randint(1, 8)
        maps = drawn_maps(random, window, channels, FixedPoint(random.randint(2, 8), bool(index % 2), 4))
        weights = FixedPoint(random.randint(2, 7), signed=True, frac=3, symmetric=True)
        rows, cols = window.output(maps.rows, maps.cols)
        generator = np.random.default_rng(index)
        layer = Convolution(
            f"c{index}",
            maps,
            FeatureMap(filters, rows, cols, SUM),
            window,
            weights,
            SUM,
            weight=generator.integers(weights.low, weights.high + 1, (filters, channels, *window.kernel)),
            bias=generator.integers(-1000, 1000, filters),
        )
        lanes_in, lanes_out = divisor(random, channels), divisor(random, filters)
        banks = banks_of(random, window)
        entering = words(maps, 4, index)
        lines = weight_lines(layer, lanes_in, lanes_out, banks)
        folds = filters // lanes_out
        parameters = {
            "LANES_IN": lanes_in,
            "LANES_OUT": lanes_out,
            "FOLDS": folds,
            "IN_BITS": maps.format.bits,
            "IN_SIGNED": int(maps.format.signed),
            "WEIGHT_BITS": weights.bits,
            "SUM_BITS": 24,
            "MULTIPLIER_BITS": (25, 18, 0)[index % 3],
            "WEIGHTS": f"w{index}.hex",
            "BIAS": f"b{index}.hex",
            **window_parameters(window, maps, banks, lanes_in),
        }
        cases.append(
            Case(
                "convolution",
                parameters,
                {"in": samples(entering, lanes_in, maps.format.bits)},
                {"out": samples(reference.apply(layer, entering), lanes_out, 24)},
                stall=random.choice([0, 0, 30, 60]),
                files={f"w{index}.hex": lines, f"b{index}.hex": bias_lines(layer, lanes_out, 24)},
                constants=constant(lines),
            )
        )
    return cases


def _poolings() -> list[Case]:
    random = Random(7)
    cases = []
    for index in range(16):
        while True:
            window = drawn_window(random, 3)
            pads, kernel = window.padding, window.kernel
            if max(pads[0], pads[2]) < kernel[0] and max(pads[1], pads[3]) < kernel[1]:
                break
        maps = drawn_maps(random, window, random.randint(1, 6), FixedPoint(6, bool(index % 2), 4))
        rows, cols = window.output(maps.rows, maps.cols)
        layer = Pooling("pool", maps, FeatureMap(maps.channels, rows, cols, maps.format), window)
        lanes = divisor(random, maps.channels)
        entering = words(maps, 4, index)
        parameters = {
            "LANES": lanes,
            "BITS": 6,
            "SIGNED": index % 2,
            **window_parameters(window, maps, banks_of(random, window), lanes),
        }
        streams = samples(entering, lanes, 6), samples(reference.apply(layer, entering), lanes, 6)
        cases.append(
            Case("max_pool", parameters, {"in": streams[0]}, {"out": streams[1]}, random.choice([0, 40]))
        )
    return cases


def _linear_layers() -> list[Case]:
    random = Random(8)
    cases = []
    for index in range(16):
        maps = FeatureMap(
            random.randint(1, 8), random.randint(1, 3), random.randint(1, 3), FixedPoint(8, False, 4)
        )
        outputs = random.randint(1, 12)
        weights = FixedPoint(7, signed=True, frac=3, symmetric=True)
        generator = np.random.default_rng(index)
        layer = Linear(
            "linear",
            maps,
            FeatureMap(outputs, 1, 1, SUM),
            weights,
            SUM if index % 2 else None,
            weight=generator.integers(weights.low, weights.high + 1, (outputs, maps.words)),
            bias=generator.integers(-1000, 1000, outputs) if index % 2 else None,
        )
        lanes_in, lanes_out = divisor(random, maps.channels), divisor(random, outputs)
        entering = words(maps, 5, index)
        lines = weight_lines(layer, lanes_in, lanes_out, (1, 1))
        parameters = {
            "WORDS": lanes_in,
            "LANES": lanes_out,
            "BEATS": maps.words // lanes_in,
            "FOLDS": outputs // lanes_out,
            "IN_BITS": 8,
            "WEIGHT_BITS": 7,
            "SUM_BITS": 24,
            "WEIGHTS": f"lw{index}.hex",
            "BIAS": f"lb{index}.hex",
        }
        cases.append(
            Case(
                "linear",
                parameters,
                {"in": samples(entering, lanes_in, 8)},
                {"out": samples(reference.apply(layer, entering), lanes_out, 24)},
                stall=random.choice([0, 30, 60]),
                files={f"lw{index}.hex": lines, f"lb{index}.hex": bias_lines(layer, lanes_out, 24)},
                constants=constant(lines),
            )
        )
    return cases


def _constants() -> list[Case]:
    """Every weight times every word; with one line of weights nothing is multiplied."""
    cases = []
    for signed, word_bits, weight_bits in ((False, 8, 7), (True, 8, 7), (False, 8, 8), (True, 3, 2)):
        entering = FeatureMap(1, 1, 1, FixedPoint(word_bits, signed, 4))
        format_ = FixedPoint(weight_bits, signed=True, frac=3)
        weight = np.arange(-(2 ** (weight_bits - 1)), 2 ** (weight_bits - 1)).reshape(-1, 1)
        outputs = len(weight)
        layer = Linear("l", entering, FeatureMap(outputs, 1, 1, SUM), format_, SUM, weight=weight)
        every = np.arange(entering.format.low, entering.format.high + 1).reshape(-1, 1, 1, 1)
        name = f"{word_bits}_{int(signed)}_{weight_bits}"
        parameters = {
            "WORDS": 1,
            "LANES": outputs,
            "BEATS": 1,
            "FOLDS": 1,
            "IN_BITS": word_bits,
            "IN_SIGNED": int(signed),
            "WEIGHT_BITS": weight_bits,
            "SUM_BITS": 24,
            "BIAS": f"cb{name}.hex",
        }
        cases.append(
            Case(
                "linear",
                parameters,
                {"in": samples(every, 1, word_bits)},
                {"out": samples(reference.apply(layer, every), outputs, 24)},
                files={f"cb{name}.hex": bias_lines(layer, outputs, 24)},
                constants=constant(weight_lines(layer, 1, outputs, (1, 1))),
            )
        )
    return cases


def _roundings() -> list[Case]:
    cases = []
    for shift, signed, bits in (
        (0, True, 5),
        (1, False, 4),
        (2, True, 8),
        (5, False, 3),
        (9, True, 4),
        (-2, True, 8),
    ):
        for relu in (False, True):
            fine = FixedPoint(11, signed=True, frac=shift)
            coarse = FixedPoint(bits, signed, 0)
            maps = FeatureMap(1, 1, 1, fine)
            every = np.arange(-(2**10), 2**10).reshape(-1, 1, 1, 1)
            rounded = reference.apply(Requantise("r", maps, FeatureMap(1, 1, 1, coarse)), every)
            low = 0 if relu else coarse.low
            parameters = {
                "LANES": 2,
                "IN_BITS": 11,
                "OUT_BITS": bits,
                "SHIFT": shift,
                "LOW": low,
                "HIGH": coarse.high,
            }
            streams = (
                samples(every.reshape(-1, 2), 2, 11),
                samples(np.maximum(rounded, low).reshape(-1, 2), 2, bits),
            )
            cases.append(Case("requantise", parameters, {"in": streams[0]}, {"out": streams[1]}, 20 * relu))
    return cases


def cases() -> dict[str, list[Case]]:
    return {
        "convolution": _convolutions(),
        "pooling": _poolings(),
        "linear": _linear_layers(),
        "constant": _constants(),
        "requantise": _roundings(),
    }


Outcomes = Callable[[str], list[Outcome]]


def test_convolutions(outcomes: Outcomes) -> None:
    for outcome in outcomes("convolution"):
        if outcome.case.stall:
            continue
        p = {name: int(value) for name, value in outcome.case.parameters.items() if isinstance(value, int)}
        taps = p["KERNEL_ROWS"] * p["KERNEL_COLS"] // (p["BANK_ROWS"] * p["BANK_COLS"])
        positions = p["OUT_ROWS"] * p["OUT_COLS"]
        wanted = max(positions * p["GROUPS"] * taps * p["FOLDS"], p["ROWS"] * p["COLS"] * p["GROUPS"])
        cycles, beats = outcome.cycles("out"), positions * p["FOLDS"]
        found = cycles[3 * beats - 1] - cycles[2 * beats - 1]
        assert found <= wanted + 2, f"{p}: {found} cycles instead of {wanted}"


def test_poolings(outcomes: Outcomes) -> None:
    outcomes("pooling")


def test_linear_layers(outcomes: Outcomes) -> None:
    outcomes("linear")


def test_products_with_constants_are_exact_for_every_weight_and_word(outcomes: Outcomes) -> None:
    outcomes("constant")


def test_rounding_is_half_to_even_and_saturates(outcomes: Outcomes) -> None:
    outcomes("requantise")
