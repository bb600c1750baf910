"""Window, convolution, linear, pooling and requantise of random shapes, against plain integers."""

from collections.abc import Callable
from math import inf
from random import Random

import numpy as np
from helpers.testbench import Case, Outcome, configured, samples

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.diagram.diagram import Role
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.average import AverageModule
from fpga_ee.hardware.library.convolution import ConvolutionModule
from fpga_ee.hardware.library.linear import LinearModule
from fpga_ee.hardware.library.max_pool import MaxPool
from fpga_ee.hardware.library.requantise import RequantiseModule
from fpga_ee.hardware.memory_image import TopConstant
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Integers
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.requantisation import Requantise
from fpga_ee.hardware.network.layers.weight_memories import (
    Line,
    bias_image,
    biases,
    streamed,
    weight_image,
)
from fpga_ee.hardware.network.window import Window

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


def words(maps: FeatureMap, count: int, seed: int) -> Integers:
    generator = np.random.default_rng(seed)
    shape = (count, maps.rows, maps.cols, maps.channels)
    return generator.integers(maps.format.low, maps.format.high + 1, shape)


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
        module = ConvolutionModule(
            lanes_in=lanes_in,
            lanes_out=lanes_out,
            window=window.geometry(maps, layer.output, lanes_in, banks),
            folds=filters // lanes_out,
            in_bits=maps.format.bits,
            in_signed=int(maps.format.signed),
            weight_bits=weights.bits,
            sum_bits=24,
            bias=bias_image(layer.name, biases(layer.bias, filters), lanes_out, 24),
            weights=weight_image(
                layer.name, streamed(layer.weight), 1, Line(lanes_in, lanes_out, banks), weights.bits
            ),
        )
        cases.append(
            Case(
                **configured(module, MULTIPLIER_BITS=(25, 18, 0)[index % 3]),
                inputs={"in": samples(entering, lanes_in, maps.format.bits)},
                outputs={"out": samples(layer.computed([entering]), lanes_out, 24)},
                stall=random.choice([0, 0, 30, 60]),
            )
        )
    return cases


def _grouped() -> list[Case]:
    """Convolutions in groups, depthwise ones among them, at any folding, as the layer draws them."""
    random = Random(9)
    cases = []
    for index in range(24):
        window = drawn_window(random, 3) if index % 4 else Window((1, 1))
        groups, of_group = (
            random.choice((2, 3, 4, 6)),
            (1, 1) if index % 3 == 0 else (random.randint(1, 4), 2),
        )
        channels, filters = (groups * each for each in of_group)
        maps = drawn_maps(random, window, channels, FixedPoint(random.randint(2, 8), bool(index % 2), 4))
        weights = FixedPoint(random.randint(2, 7), signed=True, frac=3, symmetric=True)
        generator = np.random.default_rng(index)
        layer = Convolution(
            f"g{index}",
            maps,
            FeatureMap(filters, *window.output(maps.rows, maps.cols), SUM),
            window,
            weights,
            SUM,
            groups,
            generator.integers(weights.low, weights.high + 1, (filters, of_group[0], *window.kernel)),
            generator.integers(-1000, 1000, filters),
        )
        several = [folding for folding in layer.foldings() if folding.coarse_group > 1]
        folding = random.choice(several if index % 3 else layer.foldings())
        layer.check_folding(folding)
        drawing = Drawing()
        drawing.open(0, Role.BACKBONE)
        beats = maps.words // folding.streams_in
        stream = Stream("in", folding.streams_in, maps.format.bits, maps.format.signed, beats, 0)
        leaving = layer.drawn(drawing, layer.name, folding, [stream])
        (block,) = drawing.sections[0].blocks
        entering = words(maps, 4, index)
        cases.append(
            Case(
                **configured(block.module, MULTIPLIER_BITS=(25, 18, 0)[index % 3]),
                inputs={"in": samples(entering, stream.lanes, maps.format.bits)},
                outputs={"out": samples(layer.computed([entering]), leaving.lanes, 24)},
                stall=random.choice([0, 0, 30, 60]),
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
        geometry = window.geometry(maps, layer.output, lanes, banks_of(random, window))
        module = MaxPool(lanes, bits=6, signed=index % 2, window=geometry)
        streams = samples(entering, lanes, 6), samples(layer.computed([entering]), lanes, 6)
        cases.append(
            Case(
                **configured(module),
                inputs={"in": streams[0]},
                outputs={"out": streams[1]},
                stall=random.choice([0, 40]),
            )
        )
    return cases


def drawn_factor(random: Random, words: int) -> int:
    """A constant with which no product reaches 2^24, as those of averages are; mostly not a power of two."""
    most = min(2**15 - 1, (2**24 - 1) // (words * 255))
    return random.choice([1, random.randint(1, most), most])


def _averages() -> list[Case]:
    """Windows, whose groups of channels come one after another; and whole feature maps, whose take turns."""
    random = Random(9)
    cases = []
    for index in range(24):
        signed, bits = bool(index % 2), random.randint(2, 8)
        lanes, taps = random.randint(1, 4), random.choice([1, 1, 2, 3, 9])
        groups, beats = random.randint(1, 5), random.choice([1, 2, 3, 9, 20])
        format_ = FixedPoint(bits, signed, 4)
        factor = drawn_factor(random, taps * beats)
        generator = np.random.default_rng(index)
        entering = generator.integers(format_.low, format_.high + 1, (4, beats, groups, taps, lanes))
        entering[0], entering[1] = format_.low, format_.high
        sums = entering.sum(axis=(1, 3))
        largest = taps * beats * format_.magnitude
        module = AverageModule(
            lanes=lanes,
            taps=taps,
            groups=groups,
            beats=beats,
            bits=bits,
            signed=int(signed),
            sum_bits=largest.bit_length() + 1,
            factor=factor,
            out_bits=(largest * factor).bit_length() + 1,
        )
        cases.append(
            Case(
                **configured(module),
                inputs={"in": samples(entering.reshape(4, -1), lanes * taps, bits)},
                outputs={"out": samples((sums * factor).reshape(4, -1), lanes, module.out_bits)},
                stall=random.choice([0, 30, 60]),
            )
        )
    return cases


def linear_module(layer: Linear, lanes_in: int, lanes_out: int) -> LinearModule:
    """A linear layer so many words and sums at a time."""
    maps, outputs = layer.input, layer.output.channels
    # A file flattens channel by channel, a stream position by position.
    apart = streamed(layer.weight.reshape(outputs, maps.channels, maps.rows, maps.cols))
    weight = apart.reshape(outputs, 1, 1, -1)
    return LinearModule(
        words=lanes_in,
        lanes=lanes_out,
        beats=maps.words // lanes_in,
        folds=outputs // lanes_out,
        in_bits=maps.format.bits,
        in_signed=int(maps.format.signed),
        weight_bits=layer.weight_format.bits,
        sum_bits=24,
        bias=bias_image(layer.name, biases(layer.bias, outputs), lanes_out, 24),
        weights=weight_image(layer.name, weight, 1, Line(lanes_in, lanes_out), layer.weight_format.bits),
    )


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
            f"l{index}",
            maps,
            FeatureMap(outputs, 1, 1, SUM),
            weights,
            SUM if index % 2 else None,
            weight=generator.integers(weights.low, weights.high + 1, (outputs, maps.words)),
            bias=generator.integers(-1000, 1000, outputs) if index % 2 else None,
        )
        lanes_in, lanes_out = divisor(random, maps.channels), divisor(random, outputs)
        entering = words(maps, 5, index)
        cases.append(
            Case(
                **configured(linear_module(layer, lanes_in, lanes_out)),
                inputs={"in": samples(entering, lanes_in, 8)},
                outputs={"out": samples(layer.computed([entering]), lanes_out, 24)},
                stall=random.choice([0, 30, 60]),
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
        name = f"every_{word_bits}_{int(signed)}_{weight_bits}"
        layer = Linear(name, entering, FeatureMap(outputs, 1, 1, SUM), format_, SUM, weight=weight)
        every = np.arange(entering.format.low, entering.format.high + 1).reshape(-1, 1, 1, 1)
        module = linear_module(layer, 1, outputs)
        assert isinstance(module.weights, TopConstant)
        cases.append(
            Case(
                **configured(module),
                inputs={"in": samples(every, 1, word_bits)},
                outputs={"out": samples(layer.computed([every]), outputs, 24)},
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
        for bounds in ((-inf, inf), (0, inf), (-1.25, 2.5), (1, 2.75)):
            fine = FixedPoint(11, signed=True, frac=shift)
            coarse = FixedPoint(bits, signed, 0)
            maps = FeatureMap(1, 1, 1, fine)
            every = np.arange(-(2**10), 2**10).reshape(-1, 1, 1, 1)
            layer = Requantise("r", maps, FeatureMap(1, 1, 1, coarse), *bounds)
            module = RequantiseModule(
                lanes=2, in_bits=11, out_bits=bits, shift=shift, low=layer.low, high=layer.high
            )
            cases.append(
                Case(
                    **configured(module),
                    inputs={"in": samples(every.reshape(-1, 2), 2, 11)},
                    outputs={"out": samples(layer.computed([every]).reshape(-1, 2), 2, bits)},
                    stall=20 * (bounds[0] == 0),
                )
            )
    return cases


def cases() -> dict[str, list[Case]]:
    return {
        "convolution": _convolutions(),
        "grouped": _grouped(),
        "pooling": _poolings(),
        "linear": _linear_layers(),
        "constant": _constants(),
        "requantise": _roundings(),
        "average": _averages(),
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


def test_convolutions_in_groups(outcomes: Outcomes) -> None:
    for outcome in outcomes("grouped"):
        p = {name: int(value) for name, value in outcome.case.parameters.items() if isinstance(value, int)}
        if outcome.case.stall or outcome.case.module != "grouped_convolution":
            continue
        taps = p["KERNEL_ROWS"] * p["KERNEL_COLS"] // (p["BANK_ROWS"] * p["BANK_COLS"])
        positions = p["OUT_ROWS"] * p["OUT_COLS"]
        wanted = max(positions * p["GROUPS"] * taps * p["FOLDS"], p["ROWS"] * p["COLS"] * p["GROUPS"])
        cycles, beats = outcome.cycles("out"), positions * p["ROUNDS"] * p["FOLDS"]
        found = cycles[3 * beats - 1] - cycles[2 * beats - 1]
        assert found <= wanted + 2, f"{p}: {found} cycles instead of {wanted}"


def test_poolings(outcomes: Outcomes) -> None:
    outcomes("pooling")


def test_linear_layers(outcomes: Outcomes) -> None:
    outcomes("linear")


def test_products_with_constants_are_exact_for_every_weight_and_word(outcomes: Outcomes) -> None:
    outcomes("constant")


def test_averages_are_sums_times_their_constant(outcomes: Outcomes) -> None:
    outcomes("average")


def test_rounding_is_half_to_even_and_saturates(outcomes: Outcomes) -> None:
    outcomes("requantise")
