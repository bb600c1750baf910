"""The modules inside of a module, as the library's ``generate`` blocks build them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, log2

Parameters = Mapping[str, int]


@dataclass(frozen=True)
class Memory:
    """Contents of a memory that is only read.

    Attributes:
        words: Its words, by address.
        width: Bits of a word.
    """

    words: tuple[int, ...]
    width: int


@dataclass(frozen=True)
class Instance:
    """A module with all of its parameters.

    Attributes:
        module: The module.
        parameters: Its numbers.
        memories: What its memory files hold, by parameter.
    """

    module: str
    parameters: Parameters
    memories: Mapping[str, Memory] = field(default_factory=dict)


def bits(count: int) -> int:
    """Bits of a counter of so many values, as the library declares it: one at least."""
    return clog2(count) if count > 1 else 1


def clog2(value: int) -> int:
    """Verilog's ``$clog2``."""
    return ceil(log2(value)) if value > 1 else 0


def tree(instance: Instance) -> Iterator[tuple[Instance, int]]:
    """A module and all modules inside of it, each with how often it is there."""
    yield instance, 1
    for child, count in _children(instance):
        for inner, times in tree(child):
            yield inner, times * count


def _children(instance: Instance) -> Iterator[tuple[Instance, int]]:
    inside = _INSIDE.get(instance.module)
    return iter(()) if inside is None else inside(instance)


def _convolution(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    taps = p["BANK_ROWS"] * p["BANK_COLS"]
    yield Instance("sliding_window", _window(p, p["LANES_IN"], p["IN_BITS"], 0)), 1
    same = ("FOLDS", "IN_BITS", "IN_SIGNED", "WEIGHT_BITS", "SUM_BITS", "MULTIPLIER_BITS", "CONSTANT_WEIGHTS")
    linear = {name: p[name] for name in same} | {
        "WORDS": taps * p["LANES_IN"],
        "LANES": p["LANES_OUT"],
        "BEATS": p["GROUPS"] * (p["KERNEL_ROWS"] // p["BANK_ROWS"]) * (p["KERNEL_COLS"] // p["BANK_COLS"]),
    }
    yield Instance("linear", linear, instance.memories), 1


def _max_pool(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    least = -(1 << (p["BITS"] - 1)) if p["SIGNED"] else 0
    yield Instance("sliding_window", _window(p, p["LANES"], p["BITS"], least)), 1


_WINDOW = (
    "GROUPS",
    "ROWS",
    "COLS",
    "KERNEL_ROWS",
    "KERNEL_COLS",
    "STRIDE_ROWS",
    "STRIDE_COLS",
    "PAD_TOP",
    "PAD_LEFT",
    "OUT_ROWS",
    "OUT_COLS",
    "BANK_ROWS",
    "BANK_COLS",
    "SLOTS",
)


def _window(p: Parameters, lanes: int, word_bits: int, pad_word: int) -> Parameters:
    return {name: p[name] for name in _WINDOW} | {"LANES": lanes, "BITS": word_bits, "PAD_WORD": pad_word}


def _sliding_window(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    place = position_bits(p)

    def inside(module: str, own: Sequence[str], derived: Sequence[str]) -> tuple[Instance, int]:
        return Instance(module, {name: p[name] for name in own} | {name: place[name] for name in derived}), 1

    ledger = {name: p[name] for name in ("ROWS", "KERNEL_ROWS", "STRIDE_ROWS", "PAD_TOP", "OUT_ROWS")}
    yield Instance("row_ledger", ledger | {"HELD": p["SLOTS"] * p["BANK_ROWS"]}), 1
    position, address = ("ROW_BITS", "COL_BITS"), ("SLOT_BITS", "OFFSET_BITS")
    banks, bank = ("BANK_ROWS", "BANK_COLS"), ("ROW_BANK_BITS", "COL_BANK_BITS")
    yield inside("window_writer", ("GROUPS", "COLS", "SLOTS", *banks), ("COL_BITS", *bank, *address))
    read = [name for name in _WINDOW if name != "COLS"]
    yield inside("window_reader", read, (*position, *bank, *address))
    order = ("LANES", "BITS", "ROWS", "COLS", "PAD_WORD", *banks)
    yield inside("tap_order", order, (*position, *bank))


def position_bits(p: Parameters) -> dict[str, int]:
    """Bits of a window's place: signed row and column, numbers of a bank, slot and word in it."""
    rows = p["ROWS"] + p["OUT_ROWS"] * p["STRIDE_ROWS"] + p["KERNEL_ROWS"] + p["PAD_TOP"]
    cols = p["COLS"] + p["OUT_COLS"] * p["STRIDE_COLS"] + p["KERNEL_COLS"] + p["PAD_LEFT"]
    return {
        "ROW_BITS": clog2(rows + 1) + 1,
        "COL_BITS": clog2(cols + 1) + 1,
        "ROW_BANK_BITS": bits(p["BANK_ROWS"]),
        "COL_BANK_BITS": bits(p["BANK_COLS"]),
        "SLOT_BITS": bits(p["SLOTS"]),
        "OFFSET_BITS": bits(ceil(p["COLS"] / p["BANK_COLS"]) * p["GROUPS"]),
    }


def _tap_order(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    rows, cols, beat = p["BANK_ROWS"], p["BANK_COLS"], p["LANES"] * p["BITS"]
    yield Instance("word_select", {"WIDTH": cols * beat, "COUNT": rows}), rows
    yield Instance("word_select", {"WIDTH": beat, "COUNT": cols}), rows * cols


def _linear(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    yield Instance("stream_skid", {"WIDTH": p["LANES"] * p["SUM_BITS"]}), 1
    lines = p["BEATS"] * p["FOLDS"]
    same = {name: p[name] for name in ("WORDS", "LANES", "IN_BITS", "IN_SIGNED", "WEIGHT_BITS")}
    if lines == 1:
        yield Instance("constant_products", same | {"WEIGHTS": p["CONSTANT_WEIGHTS"]}), 1
    else:
        multipliers = same | {"LINES": lines, "MULTIPLIER_BITS": p["MULTIPLIER_BITS"]}
        yield Instance("products", multipliers, {"WEIGHTS": instance.memories["WEIGHTS"]}), 1
    adders = {"COUNT": p["WORDS"], "BITS": p["IN_BITS"] + p["WEIGHT_BITS"], "SUM_BITS": p["SUM_BITS"]}
    yield Instance("adder_tree", adders), p["LANES"]


def pairs(p: Parameters) -> int:
    """Pairs of filters that share multipliers, as products.sv decides."""
    fit = 2 * p["WEIGHT_BITS"] + p["IN_BITS"] + 1 <= p["MULTIPLIER_BITS"]
    return p["LANES"] // 2 if fit else 0


def _products(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    if pairs(p):
        pair = {
            "FACTOR_BITS": p["IN_BITS"] + 1,
            "WEIGHT_BITS": p["WEIGHT_BITS"],
            "MULTIPLIER_BITS": p["MULTIPLIER_BITS"],
        }
        yield Instance("product_pair", pair), pairs(p) * p["WORDS"]


def _conditional_buffer(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    address, depth = bits(p["BEATS"] * p["SAMPLES"]), max(2, p["SAMPLES"])
    yield Instance("stream_fifo", {"WIDTH": address, "DEPTH": depth}), 2
    yield Instance("stream_fifo", {"WIDTH": p["ID_BITS"] + address, "DEPTH": depth}), 1


def _decision(instance: Instance) -> Iterator[tuple[Instance, int]]:
    p = instance.parameters
    distances = {
        "BITS": p["BITS"],
        "CLASSES": p["CLASSES"],
        "LAST": p["ENTRIES"] - 1,
        "INDEX_BITS": clog2(p["ENTRIES"]),
    }
    yield Instance("logit_distances", distances), 1


def _choices(count: str, width: str) -> Callable[[Instance], Iterator[tuple[Instance, int]]]:
    """Words, IDs, ``last`` and ``valid`` of one of several streams."""

    def inside(instance: Instance) -> Iterator[tuple[Instance, int]]:
        p = instance.parameters
        for bits_, times in ((p[width], 1), (p["ID_BITS"], 1), (1, 2)):
            yield Instance("word_select", {"WIDTH": bits_, "COUNT": p[count]}), times

    return inside


_INSIDE: Mapping[str, Callable[[Instance], Iterator[tuple[Instance, int]]]] = {
    "convolution": _convolution,
    "max_pool": _max_pool,
    "sliding_window": _sliding_window,
    "tap_order": _tap_order,
    "linear": _linear,
    "products": _products,
    "conditional_buffer": _conditional_buffer,
    "exit_decision_top1": _decision,
    "exit_decision_entropy": _decision,
    "exit_merge": _choices("EXITS", "BITS"),
    "sample_collector": _choices("COPIES", "WIDTH"),
}
