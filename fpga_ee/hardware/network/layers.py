"""The layers of a network as blocks of the library."""

from collections.abc import Sequence
from dataclasses import replace
from math import lcm

import numpy as np

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design import foldings
from fpga_ee.hardware.diagram.diagram import MULTIPLIER_BITS, Block, Parameter, Stream
from fpga_ee.hardware.diagram.drawing import Drawing
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.network.graph import Convolution, Layer, Linear, Pooling, Relu, Requantise
from fpga_ee.hardware.network.memories import bias_lines, weight_lines
from fpga_ee.hardware.timing.cycles import interval

QUEUE = 16
"""Beats of a queue behind a layer at least; up to 32 cost the same."""


def chain(drawing: Drawing, layers: Sequence[Layer], current: Stream) -> Stream:
    """Draw layers one after another.

    Args:
        drawing: Takes the blocks and memories.
        layers: The layers.
        current: What the first of them reads.

    Returns:
        What the last of them gives.

    Raises:
        FpgaEeError: A layer has no integer weights.
    """
    for layer in layers:
        folding = _folding(drawing, layer, current.lanes)
        current = _layer(drawing, layer, folding, fed(drawing, current, layer, folding.streams_in))
    return current


def fed(drawing: Drawing, current: Stream, layer: Layer | None, lanes: int) -> Stream:
    """Draw what is between a stream and the layer, or the unit (None), that reads it, so many words a beat.

    Two layers work on one beat for many cycles, and must not stand still for a converter, nor it for them:

    * A product with folds gives a position's filters in one burst, and would wait while beats are narrowed.
    * A product without a window holds a beat for all folds, and the next would not be gathered meanwhile. So
      does a split that such a product reads.
    """
    if isinstance(layer, Requantise) and lanes < current.lanes < layer.input.channels:
        burst = layer.input.channels // current.lanes
        current = drawing.queue(
            current, replace(current, name=f"{current.name}_burst", layer=None), max(QUEUE, burst)
        )
    gathers = lcm(current.lanes, lanes) != current.lanes
    converted = drawing.in_lanes(current, lanes)
    holds = layer is None or (isinstance(layer, Convolution | Linear) and not foldings.has_window(layer))
    if gathers and holds:
        return drawing.queue(converted, replace(converted, name=f"{converted.name}_gathered"), QUEUE)
    return converted


def _folding(drawing: Drawing, layer: Layer, lanes: int) -> Folding:
    return drawing.plan.of(layer.name, 1 if isinstance(layer, Convolution | Linear) else lanes)


def _layer(drawing: Drawing, layer: Layer, folding: Folding, current: Stream) -> Stream:
    match layer:
        case Convolution() | Linear():
            return _products(drawing, layer, folding, current)
        case Pooling():
            return _pooling(drawing, layer, folding, current)
        case Relu() if not current.signed:
            # No hardware, in a part that has no other layer (``as_built.py``).
            return current
        case Requantise() | Relu():
            return _requantise(drawing, layer, current)


def _products(drawing: Drawing, layer: Convolution | Linear, folding: Folding, current: Stream) -> Stream:
    if layer.weight is None or not np.issubdtype(layer.weight.dtype, np.integer):
        raise FpgaEeError(f"{layer.name} has no integer weights: hardware needs a fixed-point export")
    name = drawing.identifiers[layer.name]
    bits = sum_bits(layer, current.bits)
    leaving = replace(_stream(f"{name}_sums", layer, folding.coarse_out, current.stage), bits=bits)
    bias = f"{name}.bias.hex"
    common: dict[str, Parameter] = {
        "FOLDS": layer.output.channels // folding.coarse_out,
        "IN_BITS": current.bits,
        "IN_SIGNED": int(current.signed),
        "WEIGHT_BITS": layer.weight_format.bits,
        "SUM_BITS": bits,
        "BIAS": bias,
    }
    banks = (1, 1)
    if foldings.has_window(layer):
        banks = foldings.banks(layer, folding.fine)
        parameters = {
            "LANES_IN": folding.coarse_in,
            "LANES_OUT": folding.coarse_out,
            **_window(layer, folding.coarse_in, banks),
            **common,
        }
        module = "convolution"
    else:
        parameters = {
            "WORDS": folding.coarse_in,
            "LANES": folding.coarse_out,
            "BEATS": current.beats // (layer.output.rows * layer.output.cols),
            **common,
        }
        module = "linear"
    named = {MULTIPLIER_BITS: MULTIPLIER_BITS}
    lines = weight_lines(layer, folding.coarse_in, folding.coarse_out, banks)
    if len(lines) == 1:
        # Weights that never change are no memory.
        width = folding.coarse_out * banks[0] * banks[1] * folding.coarse_in * layer.weight_format.bits
        drawing.constants[f"{name}_weights"] = f"{width}'h{lines[0]}"
        named["CONSTANT_WEIGHTS"] = f"{name}_weights"
    else:
        parameters["WEIGHTS"] = f"{name}.weights.hex"
        drawing.memories[f"{name}.weights.hex"] = lines
    drawing.memories[bias] = bias_lines(layer, folding.coarse_out, bits)
    drawing.add(
        Block(
            name,
            module,
            parameters,
            {"in": current},
            {"out": leaving},
            note=_note(layer, folding),
            interval=interval(layer, folding),
            named=named,
        )
    )
    return leaving


def _pooling(drawing: Drawing, layer: Pooling, folding: Folding, current: Stream) -> Stream:
    name = drawing.identifiers[layer.name]
    leaving = _stream(f"{name}_words", layer, folding.streams_in, current.stage)
    parameters = {
        "LANES": current.lanes,
        "BITS": current.bits,
        "SIGNED": int(current.signed),
        **_window(layer, current.lanes, foldings.pooling_banks(layer)),
    }
    drawing.add(
        Block(
            name,
            "max_pool",
            parameters,
            {"in": current},
            {"out": leaving},
            note=_note(layer, folding),
            interval=interval(layer, folding),
        )
    )
    return leaving


def _requantise(drawing: Drawing, layer: Requantise | Relu, current: Stream) -> Stream:
    name = drawing.identifiers[layer.name]
    leaving = _stream(f"{name}_words", layer, current.lanes, current.stage)
    parameters: dict[str, Parameter] = {
        "LANES": current.lanes,
        "IN_BITS": current.bits,
        "OUT_BITS": leaving.bits,
        "SHIFT": layer.input.format.frac - layer.output.format.frac,
        "LOW": 0 if isinstance(layer, Relu) else layer.output.format.low,
        "HIGH": layer.output.format.high,
    }
    raw = replace(leaving, name=f"{name}_raw", layer=None)
    drawing.add(
        Block(
            name,
            "requantise",
            parameters,
            {"in": current},
            {"out": raw},
            note=f"{layer.input.format} -> {layer.output.format}",
            interval=current.beats,
        )
    )
    # A layer with folded filters gives all filters of a position in one burst.
    burst = layer.output.channels // current.lanes
    return drawing.queue(raw, leaving, max(QUEUE, burst))


def sum_bits(layer: Convolution | Linear, word_bits: int) -> int:
    """Bits of a layer's sums in hardware: those that sums need, and no fewer than one product has."""
    return max(layer.output.format.bits, word_bits + layer.weight_format.bits)


def _stream(name: str, layer: Layer, lanes: int, stage: int) -> Stream:
    format_, beats = layer.output.format, layer.output.words // lanes
    return Stream(name, lanes, format_.bits, format_.signed, beats, stage, layer.name)


def _window(layer: Convolution | Pooling, lanes: int, banks: tuple[int, int]) -> dict[str, Parameter]:
    window = layer.window
    return {
        "GROUPS": layer.input.channels // lanes,
        "ROWS": layer.input.rows,
        "COLS": layer.input.cols,
        "KERNEL_ROWS": window.kernel[0],
        "KERNEL_COLS": window.kernel[1],
        "STRIDE_ROWS": window.stride[0],
        "STRIDE_COLS": window.stride[1],
        "PAD_TOP": window.padding[0],
        "PAD_LEFT": window.padding[1],
        "OUT_ROWS": layer.output.rows,
        "OUT_COLS": layer.output.cols,
        "BANK_ROWS": banks[0],
        "BANK_COLS": banks[1],
        "SLOTS": foldings.slots(window, banks[0]),
    }


def _note(layer: Layer, folding: Folding) -> str:
    shapes = " -> ".join(f"{m.channels}x{m.rows}x{m.cols} {m.format}" for m in (layer.input, layer.output))
    streams = f"coarse in {folding.coarse_in}, out {folding.coarse_out}, fine {folding.fine}"
    return f"{shapes}; {streams}; {interval(layer, folding)} cycles"
