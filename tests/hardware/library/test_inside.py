"""The modules inside of a module, as its ``generate`` blocks build them."""

from dataclasses import replace

from helpers.area_cases import convolution, grouped_convolution

from fpga_ee.hardware.diagram.module import LibraryModule, images, parameters, tree
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.library.conditional_buffer import ConditionalBuffer
from fpga_ee.hardware.library.convolution import ConvolutionModule
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.library.exit_decision_top1 import ExitDecisionTop1
from fpga_ee.hardware.library.exit_merge import ExitMerge
from fpga_ee.hardware.library.linear import LinearModule
from fpga_ee.hardware.library.max_pool import MaxPool
from fpga_ee.hardware.library.products import Products
from fpga_ee.hardware.library.sample_collector import SampleCollector
from fpga_ee.hardware.library.tap_order import TapOrder
from fpga_ee.hardware.memory_image import Image, TopConstant

Inside = tuple[int, str, dict[str, int]]

MEMORY = Image("memory.hex", 1, (0,))
"""A memory whose content does not matter."""


def inside(module: LibraryModule) -> list[Inside]:
    """List the modules inside, with the number and the parameters of each, without the outermost."""
    (_, once), *found = tree(module, SERIES_7)
    assert once == 1
    return [
        (
            count,
            it.NAME,
            {name: value for name, value in parameters(it).items() if isinstance(value, int)},
        )
        for it, count in found
    ]


WINDOW = {
    "GROUPS": 2,
    "ROWS": 9,
    "KERNEL_ROWS": 3,
    "KERNEL_COLS": 3,
    "STRIDE_ROWS": 1,
    "STRIDE_COLS": 1,
    "PAD_TOP": 1,
    "PAD_LEFT": 1,
    "OUT_ROWS": 9,
    "OUT_COLS": 9,
    "BANK_ROWS": 1,
    "BANK_COLS": 3,
    "SLOTS": 6,
}
"""Of 4 channels, two at a time, on 9 x 9 positions, three taps at a time."""

BANK_BITS = {"ROW_BANK_BITS": 1, "COL_BANK_BITS": 2}
"""Of one row of banks, which still is a bit, and of three columns."""

POSITION_BITS = {"ROW_BITS": 6, "COL_BITS": 6}
"""Signed, of 9 + 9 * 1 + 3 + 1 = 22 positions."""

ADDRESS_BITS = {"SLOT_BITS": 3, "OFFSET_BITS": 3}
"""Of six slots; of three columns of a bank with two groups of channels."""


def folded() -> ConvolutionModule:
    """Of 4 channels, two at a time, and 6 filters, three at a time."""
    module = convolution(2, 3, 3, 5).made()
    assert isinstance(module, ConvolutionModule)
    return module


def test_a_convolution_is_a_window_and_a_linear_layer() -> None:
    """Of 6 filters, three at a time, in 2 folds: 6 beats of 6 words a window, so 12 lines of weights."""
    banks = {"BANK_ROWS": 1, "BANK_COLS": 3}
    words = {"WORDS": 6, "LANES": 3, "IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 7}
    assert inside(folded()) == [
        (1, "sliding_window", WINDOW | {"COLS": 9, "LANES": 2, "BITS": 8, "PAD_WORD": 0}),
        (
            1,
            "row_ledger",
            {"ROWS": 9, "KERNEL_ROWS": 3, "STRIDE_ROWS": 1, "PAD_TOP": 1, "OUT_ROWS": 9, "HELD": 6},
        ),
        (
            1,
            "window_writer",
            {"GROUPS": 2, "COLS": 9, "SLOTS": 6, "COL_BITS": 6} | banks | BANK_BITS | ADDRESS_BITS,
        ),
        (1, "window_reader", WINDOW | POSITION_BITS | BANK_BITS | ADDRESS_BITS),
        (
            1,
            "tap_order",
            {"LANES": 2, "BITS": 8, "ROWS": 9, "COLS": 9, "PAD_WORD": 0} | banks | POSITION_BITS | BANK_BITS,
        ),
        (1, "word_select", {"WIDTH": 3 * 2 * 8, "COUNT": 1}),
        (3, "word_select", {"WIDTH": 2 * 8, "COUNT": 3}),
        (1, "linear", words | {"BEATS": 6, "FOLDS": 2, "SUM_BITS": 20}),
        (1, "stream_skid", {"WIDTH": 3 * 20}),
        (1, "products", words | {"LINES": 12, "MULTIPLIER_BITS": 25}),
        (1 * 6, "product_pair", {"FACTOR_BITS": 9, "WEIGHT_BITS": 7, "MULTIPLIER_BITS": 25}),
        (3, "adder_tree", {"COUNT": 6, "BITS": 15, "SUM_BITS": 20}),
    ]


def test_a_convolution_in_groups_is_a_window_of_all_channels_and_sums_of_each_group() -> None:
    """Two of 6 groups at once: each of 12 words meets two filters, and each of 4 sums is of 6 products."""
    module = grouped_convolution(2, 3, 5).made()
    found = {name: (count, numbers) for count, name, numbers in inside(module)}
    words = {"IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 7, "LANES": 2}
    window = WINDOW | {"GROUPS": 3, "COLS": 9, "LANES": 4, "BITS": 8, "PAD_WORD": 0}
    assert found["sliding_window"] == (1, window)
    sums = {"WORDS": 6, "BLOCKS": 2, "ROUNDS": 3, "BEATS": 3, "FOLDS": 1, "SUM_BITS": 20}
    assert found["grouped_linear"] == (1, words | sums)
    assert found["stream_skid"] == (1, {"WIDTH": 4 * 20})
    assert found["products"] == (1, words | {"WORDS": 12, "LINES": 9, "MULTIPLIER_BITS": 25})
    assert found["product_pair"][0] == 12
    assert found["adder_tree"] == (4, {"COUNT": 6, "BITS": 15, "SUM_BITS": 20})


def test_weights_go_to_the_products_and_biases_stay_in_the_linear_layer() -> None:
    module = folded()
    found = {it.NAME: images(it) for it, _ in tree(module, SERIES_7)}
    assert found["products"] == [module.weights]
    assert found["linear"] == found["convolution"] == [module.bias, module.weights]
    assert module.bias != module.weights


def test_a_pooling_is_padded_with_the_least_word() -> None:
    sizes = WINDOW | {"COLS": 9, "LANES": 2, "BITS": 8}
    for signed, least in ((1, -128), (0, 0)):
        (_, module, numbers), *_ = inside(MaxPool(lanes=2, bits=8, signed=signed, window=folded().window))
        assert (module, numbers) == ("sliding_window", sizes | {"PAD_WORD": least})


def test_banks_of_several_rows_have_a_choice_of_rows_for_each_of_them() -> None:
    order = TapOrder(
        lanes=1,
        bits=8,
        rows=9,
        cols=9,
        bank_rows=2,
        bank_cols=3,
        row_bits=6,
        col_bits=6,
        row_bank_bits=1,
        col_bank_bits=2,
        pad_word=0,
    )
    assert inside(order) == [
        (2, "word_select", {"WIDTH": 24, "COUNT": 2}),
        (6, "word_select", {"WIDTH": 8, "COUNT": 3}),
    ]


def test_a_single_line_of_weights_is_products_of_constants() -> None:
    linear = LinearModule(
        words=4,
        lanes=3,
        beats=1,
        folds=1,
        in_bits=8,
        in_signed=1,
        weight_bits=7,
        sum_bits=20,
        bias=MEMORY,
        weights=TopConstant("weights", 84, 77),
    )
    sizes = {"WORDS": 4, "LANES": 3, "IN_BITS": 8, "IN_SIGNED": 1, "WEIGHT_BITS": 7}
    assert inside(linear)[1] == (1, "constant_products", sizes | {"WEIGHTS": 77})


def test_two_filters_share_a_multiplier_that_is_wide_enough_for_both() -> None:
    """Two weights and a word with a sign beside each other: 2 * 8 + 8 + 1 = 25 bits."""
    products = Products(
        words=5,
        lanes=7,
        lines=2,
        in_bits=8,
        in_signed=0,
        weight_bits=8,
        multiplier_bits=25,
        weights=MEMORY,
    )
    assert inside(products) == [
        (3 * 5, "product_pair", {"FACTOR_BITS": 9, "WEIGHT_BITS": 8, "MULTIPLIER_BITS": 25})
    ]
    assert inside(replace(products, multiplier_bits=24)) == []


def test_a_buffer_is_three_queues_of_the_places_of_its_samples() -> None:
    """Of 5 samples of 100 beats; with a place travels the ID of its sample."""
    buffer = ConditionalBuffer(width=8, beats=100, samples=5, id_bits=16, keep=0)
    assert inside(buffer) == [
        (2, "stream_fifo", {"WIDTH": 9, "DEPTH": 5}),
        (1, "stream_fifo", {"WIDTH": 16 + 9, "DEPTH": 5}),
    ]
    (_, _, least), *_ = inside(replace(buffer, samples=1))
    assert least == {"WIDTH": 7, "DEPTH": 2}


def test_a_decision_begins_with_distances_as_wide_as_its_tables_are_long() -> None:
    sizes = {"bits": 16, "classes": 10, "id_bits": 16, "entries": 190, "table_bits": 17}
    for decision in (
        ExitDecisionTop1(**sizes, exponentials=MEMORY, bound=1),
        ExitDecisionEntropy(
            **sizes, exponentials=MEMORY, shift=1, bound_entries=1, weighted=MEMORY, bounds=MEMORY
        ),
    ):
        (only,) = inside(decision)
        assert only == (1, "logit_distances", {"BITS": 16, "CLASSES": 10, "LAST": 189, "INDEX_BITS": 8})


def test_what_joins_streams_chooses_words_ids_and_two_bits() -> None:
    for joining in (
        ExitMerge(exits=3, bits=24, classes=10, id_bits=16, label_bits=8, exit_bits=8),
        SampleCollector(copies=3, width=24, id_bits=16),
    ):
        assert inside(joining) == [
            (1, "word_select", {"WIDTH": 24, "COUNT": 3}),
            (1, "word_select", {"WIDTH": 16, "COUNT": 3}),
            (2, "word_select", {"WIDTH": 1, "COUNT": 3}),
        ]
