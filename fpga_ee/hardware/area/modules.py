"""What a module takes: registers, multipliers and memories counted, and the terms that its logic grows with.

Yosys keeps the modules apart, so each is counted on its own, and a module takes the same wherever it is.
Registers are counted as Yosys leaves them: none that never changes, one of several that are always equal, and
none that is inside of a block RAM, a shift register of LUTs or, where it can put them there, a multiplier.
"""

from collections.abc import Callable, Mapping
from math import ceil

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.area.constant_products import constant_products
from fpga_ee.hardware.area.instances import Instance, Memory, bits, clog2, pairs
from fpga_ee.hardware.area.row_ledger import row_ledger
from fpga_ee.hardware.area.windows import (
    max_pool,
    sliding_window,
    tap_order,
    window_reader,
    window_writer,
)
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.memory_mapping import Kind, distributed, ram, rom
from fpga_ee.hardware.fpga.rom_bits import classes, distinct, own_columns, varying
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.fpga.word_choice import choice

LEAST_PRODUCT = 9
"""Bits of a product from which on Yosys gives it a multiplier."""


def _word_select(it: Instance) -> Terms:
    return Terms(lut=choice(it.parameters["WIDTH"], it.parameters["COUNT"]))


def _stream_fifo(it: Instance, family: Family) -> Terms:
    width, depth = it.parameters["WIDTH"] + 1, it.parameters["DEPTH"]
    pointer = clog2(depth)
    memory = ram(depth, width, family.lut_memory)
    kept = 0 if memory.kind is Kind.BRAM else width
    fitted = {"one": 1, "pointer": pointer, "wrap": 0 if depth == 1 << pointer else pointer}
    return Terms(
        lut=memory.takes.lut + choice(width, memory.rows),
        ff=kept + 2 * pointer + pointer + 1 + 1 + (clog2(memory.rows) if kept == 0 else 0),
        bram=memory.takes.bram,
        fitted=fitted,
    )


def _stream_skid(it: Instance) -> Terms:
    width = it.parameters["WIDTH"]
    return Terms(lut=width + 3, ff=width + 2)


def _stream_split(_: Instance) -> Terms:
    return Terms(lut=6, ff=2)


def _join_ids(_: Instance) -> Terms:
    return Terms(lut=3)


def _sample_ids(_: Instance) -> Terms:
    return Terms(lut=6, ff=2)


def _stream_narrow(it: Instance) -> Terms:
    width, factor = it.parameters["WIDTH"], it.parameters["FACTOR"]
    count = clog2(factor + 1)
    return Terms(
        lut=width * (factor - 1),
        ff=width * factor + 1 + count,
        fitted={"one": 1, "word": width, "count": count},
    )


def _stream_widen(it: Instance) -> Terms:
    width, factor = it.parameters["WIDTH"], it.parameters["FACTOR"]
    count = clog2(factor + 1)
    return Terms(ff=width * factor + 1 + count, fitted={"one": 1, "count": count})


def _sample_distributor(it: Instance) -> Terms:
    copies = it.parameters["COPIES"]
    return Terms(ff=copies, fitted={"one": 1, "copy": copies})


def _sample_collector(it: Instance) -> Terms:
    copies = it.parameters["COPIES"]
    return Terms(ff=clog2(copies) + 1, fitted={"one": 1, "copy": copies})


def _exit_merge(it: Instance) -> Terms:
    p = it.parameters
    chosen = 2 * clog2(p["EXITS"])
    return Terms(
        ff=p["ID_BITS"] + 2 * p["LABEL_BITS"] + 3 + 2 * p["BITS"] + chosen,
        fitted={"one": 1, "bit": p["BITS"], "exit": p["EXITS"] - 1},
    )


def _requantise(it: Instance) -> Terms:
    p = it.parameters
    down = max(0, p["SHIFT"])
    if p["SHIFT"] <= 0 and p["LOW"] < 0 and p["IN_BITS"] - p["SHIFT"] <= p["OUT_BITS"]:
        # Nothing to round or to limit: a bit only waits, in a shift register of one LUT, and so does `last`.
        return Terms(lut=1 + p["LANES"] * p["IN_BITS"], ff=3)
    kept = max(p["IN_BITS"], down + 1) - down
    # floored, up_1, rounded and limited; `last` passes through a shift register.
    rounded = kept + 1 if down > 0 else kept
    lane = kept + (down > 0) + rounded + min(p["OUT_BITS"], rounded + 1)
    over = max(0, kept + 1 - p["OUT_BITS"])
    kinds = ("limited, signed", "over, signed") if p["LOW"] < 0 else ("limited, unsigned", "over, unsigned")
    each = {"dropped": down, "lane": 1, kinds[0]: p["OUT_BITS"] if over else 0, kinds[1]: over}
    fitted = {name: p["LANES"] * value for name, value in each.items()}
    return Terms(lut=1, ff=3 + p["LANES"] * lane, fitted=fitted | {"one": 1})


def _linear(it: Instance, family: Family) -> Terms:
    p = it.parameters
    lines = p["BEATS"] * p["FOLDS"]
    line, fold, sums = clog2(lines), clog2(p["FOLDS"]), p["LANES"] * p["SUM_BITS"]
    delay = 3 + clog2(p["WORDS"])
    bias = own_columns(it.memories["BIAS"])
    memory = distributed(p["FOLDS"], sums, family.lut_memory)
    # Where every line is seen to be one of the first beat, nothing grows and there is no memory of sums.
    grown = 1 << line != p["FOLDS"]
    kept = p["FOLDS"] * sums if memory.kind is Kind.LOGIC and grown else 0
    return Terms(
        lut=memory.takes.lut + choice(sums, memory.rows) if grown else 0,
        ff=line + fold + delay + 2 * fold + 1 + sums + kept + bias,
        fitted={
            "one": 1,
            "sum bit, grown": sums if grown else 0,
            "sum bit": 0 if grown else sums,
            "line": line,
            "fold": fold,
            "bias": bias if p["FOLDS"] <= 32 else 0,
            "long bias": bias * ceil(p["FOLDS"] / 64) if p["FOLDS"] > 32 else 0,
        },
    )


def _products(it: Instance, family: Family) -> Terms:
    p = it.parameters
    in_bits, weight_bits = p["IN_BITS"], p["WEIGHT_BITS"]
    paired = pairs(p)
    single = p["WORDS"] * (p["LANES"] - 2 * paired)
    words = p["WORDS"] * in_bits
    weights = _read_only(it.memories["WEIGHTS"])
    if in_bits + weight_bits >= LEAST_PRODUCT:
        if family.fills_multipliers:
            # A multiplier of its own holds its registers, also those of the words if nobody else reads them.
            return weights + Terms(ff=words if paired else 0, dsp=single)
        operands = single * in_bits + distinct(
            _above(it.memories["WEIGHTS"], 2 * paired * p["WORDS"] * weight_bits)
        )
        return weights + Terms(ff=words + operands + single * (in_bits + weight_bits), dsp=single)
    of_lut = Terms(
        ff=words + (words + single * (in_bits + 2 * weight_bits) if single else 0),
        fitted={"product": single * (in_bits - 1) * (weight_bits - 1)},
    )
    return weights + of_lut


def _read_only(memory: Memory) -> Terms:
    """A memory that is only read, with the register behind it."""
    lines, width = len(memory.words), varying(memory)
    mapping = rom(lines, width)
    if mapping.kind is Kind.BRAM:
        return Terms(lut=choice(width, mapping.rows), ff=clog2(mapping.rows), bram=mapping.takes.bram)
    # A LUT for 64 lines of a column.
    tables, columns = ceil(lines / 64), classes(memory)
    return Terms(
        lut=tables * columns,
        ff=distinct(memory),
        # Wide multiplexers beside the LUTs choose of two and of four.
        fitted={"three tables": columns * (tables % 4 == 3), "beyond four tables": columns * (tables > 4)},
    )


def _above(memory: Memory, first: int) -> Memory:
    """The bits of a memory's words from one on."""
    return Memory(tuple(word >> first for word in memory.words), memory.width - first)


def _product_pair(it: Instance, family: Family) -> Terms:
    p = it.parameters
    factor, weight = p["FACTOR_BITS"], p["WEIGHT_BITS"]
    product = factor - 1 + weight
    # The bit that has to be inverted is above the product where there is room.
    inverted = int(p["MULTIPLIER_BITS"] - weight - 1 <= product)
    if family.fills_multipliers:
        return Terms(lut=inverted, ff=weight, dsp=1)
    return Terms(lut=weight + 1 + inverted, ff=factor + 2 * weight + 2 * product, dsp=1)


def _adder_tree(it: Instance) -> Terms:
    p = it.parameters
    words, width, lut, ff = p["COUNT"], p["BITS"], 0, 0
    # Registers in a row of the word that finds no partner, and its width; summed words have one already.
    chain, waiting = 0, 0
    while words > 1:
        wider = min(width + 1, p["SUM_BITS"])
        pairs_here, odd = divmod(words, 2)
        if odd:
            if not chain:
                chain, waiting = int(words < p["COUNT"]), width
            chain, ff = chain + 1, ff + waiting
        elif chain:
            if chain > 2:
                # So many are a shift register.
                lut, ff = lut + waiting, ff - chain * waiting
            chain = 0
        lut += pairs_here * width
        ff += pairs_here * wider
        words, width = pairs_here + odd, wider
    return Terms(lut=lut, ff=ff)


def _conditional_buffer(it: Instance, family: Family) -> Terms:
    p = it.parameters
    room = p["BEATS"] * p["SAMPLES"]
    address, beat, count = bits(room), bits(p["BEATS"]), clog2(p["SAMPLES"] + 1)
    memory = ram(room, p["WIDTH"], family.lut_memory)
    # Slots begin at multiples of a sample's beats, whose lowest bits may be 0.
    start = address - min(address, (p["BEATS"] & -p["BEATS"]).bit_length() - 1)
    word = clog2(memory.rows) if memory.kind is Kind.BRAM else p["WIDTH"]
    return Terms(
        lut=memory.takes.lut + choice(p["WIDTH"], memory.rows),
        ff=count + start + (2 * beat if p["BEATS"] > 1 else 0) + 2 + p["ID_BITS"] + word,
        bram=memory.takes.bram,
        fitted={"one": 1, "address": address, "beat": beat, "count": count, "row": memory.rows - 1},
    )


def _logit_distances(it: Instance, family: Family) -> Terms:
    p = it.parameters
    count = bits(p["CLASSES"])
    memory = ram(2 << count, p["BITS"], family.lut_memory)
    word = 0 if memory.kind is Kind.BRAM else p["BITS"]
    return Terms(
        lut=memory.takes.lut + choice(p["BITS"], memory.rows),
        ff=3 * p["BITS"] + word + 4 + 2 * count + 5 + p["INDEX_BITS"],
        bram=memory.takes.bram,
        fitted={"one": 1, "bit": p["BITS"], "count": count},
    )


def _top1(it: Instance) -> Terms:
    p = it.parameters
    sum_bits = p["TABLE_BITS"] + clog2(p["CLASSES"] + 1)
    table = _read_only(it.memories["EXPONENTIALS"])
    return Terms(ff=p["ID_BITS"] + 1 + 32 + 5 + sum_bits, fitted={"one": 1, "sum": sum_bits}) + table


def _entropy(it: Instance, family: Family) -> Terms:
    p = it.parameters
    sum_bits = p["TABLE_BITS"] + clog2(p["CLASSES"] + 1)
    bounds = ram(p["BOUND_ENTRIES"], 32, family.lut_memory)
    own = Terms(
        lut=bounds.takes.lut,
        ff=p["ID_BITS"] + 1 + 6 + 2 * sum_bits + (0 if bounds.kind is Kind.BRAM else 32),
        bram=bounds.takes.bram,
        fitted={"one": 1, "sum": sum_bits},
    )
    return own + _read_only(it.memories["EXPONENTIALS"]) + _read_only(it.memories["WEIGHTED"])


_ALIKE: Mapping[str, Callable[[Instance], Terms]] = {
    "adder_tree": _adder_tree,
    "constant_products": constant_products,
    "convolution": lambda _: Terms(),
    "exit_decision_top1": _top1,
    "exit_merge": _exit_merge,
    "join_ids": _join_ids,
    "max_pool": max_pool,
    "requantise": _requantise,
    "row_ledger": row_ledger,
    "sample_collector": _sample_collector,
    "sample_distributor": _sample_distributor,
    "sample_ids": _sample_ids,
    "stream_narrow": _stream_narrow,
    "stream_skid": _stream_skid,
    "stream_split": _stream_split,
    "stream_widen": _stream_widen,
    "tap_order": tap_order,
    "window_reader": window_reader,
    "window_writer": window_writer,
    "word_select": _word_select,
}
"""Modules that are the same in all families."""

_BY_FAMILY: Mapping[str, Callable[[Instance, Family], Terms]] = {
    "conditional_buffer": _conditional_buffer,
    "exit_decision_entropy": _entropy,
    "linear": _linear,
    "logit_distances": _logit_distances,
    "product_pair": _product_pair,
    "products": _products,
    "sliding_window": sliding_window,
    "stream_fifo": _stream_fifo,
}
"""Modules with memories or multipliers."""


def terms(instance: Instance, family: Family) -> Terms:
    """What a module takes by its structure, without the modules inside of it.

    Args:
        instance: The module.
        family: Of the FPGA.

    Raises:
        FpgaEeError: The model does not know the module.
    """
    if instance.module in _ALIKE:
        return _ALIKE[instance.module](instance)
    if instance.module in _BY_FAMILY:
        return _BY_FAMILY[instance.module](instance, family)
    raise FpgaEeError(
        f"the resource model does not know the module {instance.module}: add it to area/modules.py"
    )
