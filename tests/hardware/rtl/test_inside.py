"""The modules inside of a module, as its ``generate`` blocks build them."""

from fpga_ee.hardware.area.instances import Instance, bits, clog2, tree

from .test_area import convolution

Inside = tuple[int, str, dict[str, int]]


def inside(instance: Instance) -> list[Inside]:
    """How often each module is there, and its numbers, the outermost left out."""
    (_, once), *found = tree(instance)
    assert once == 1
    return [(count, it.module, dict(it.parameters)) for it, count in found]


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


def test_a_convolution_is_a_window_and_a_linear_layer() -> None:
    """Of 6 filters, three at a time, in 2 folds: 6 beats of 6 words a window, so 12 lines of weights."""
    banks = {"BANK_ROWS": 1, "BANK_COLS": 3}
    words = {"WORDS": 6, "LANES": 3, "IN_BITS": 8, "IN_SIGNED": 0, "WEIGHT_BITS": 7}
    assert inside(convolution(2, 3, 3, 5).instance()) == [
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
        (
            1,
            "linear",
            words | {"BEATS": 6, "FOLDS": 2, "SUM_BITS": 20, "MULTIPLIER_BITS": 25, "CONSTANT_WEIGHTS": 0},
        ),
        (1, "stream_skid", {"WIDTH": 3 * 20}),
        (1, "products", words | {"LINES": 12, "MULTIPLIER_BITS": 25}),
        (1 * 6, "product_pair", {"FACTOR_BITS": 9, "WEIGHT_BITS": 7, "MULTIPLIER_BITS": 25}),
        (3, "adder_tree", {"COUNT": 6, "BITS": 15, "SUM_BITS": 20}),
    ]


def test_weights_go_to_the_products_and_biases_stay_in_the_linear_layer() -> None:
    found = {it.module: set(it.memories) for it, _ in tree(convolution(2, 3, 3, 5).instance())}
    assert found["products"] == {"WEIGHTS"}
    assert found["linear"] == found["convolution"] == {"WEIGHTS", "BIAS"}


def test_a_pooling_is_padded_with_the_least_word() -> None:
    sizes = WINDOW | {"COLS": 9, "LANES": 2, "BITS": 8}
    for signed, least in ((1, -128), (0, 0)):
        (_, module, parameters), *_ = inside(Instance("max_pool", sizes | {"SIGNED": signed}))
        assert (module, parameters) == ("sliding_window", sizes | {"PAD_WORD": least})


def test_banks_of_several_rows_have_a_choice_of_rows_for_each_of_them() -> None:
    sizes = {"BANK_ROWS": 2, "BANK_COLS": 3, "LANES": 1, "BITS": 8}
    assert inside(Instance("tap_order", sizes)) == [
        (2, "word_select", {"WIDTH": 24, "COUNT": 2}),
        (6, "word_select", {"WIDTH": 8, "COUNT": 3}),
    ]


def test_a_single_line_of_weights_is_products_of_constants() -> None:
    sizes = {"WORDS": 4, "LANES": 3, "IN_BITS": 8, "IN_SIGNED": 1, "WEIGHT_BITS": 7}
    linear = sizes | {"BEATS": 1, "FOLDS": 1, "SUM_BITS": 20, "MULTIPLIER_BITS": 25, "CONSTANT_WEIGHTS": 77}
    assert inside(Instance("linear", linear))[1] == (1, "constant_products", sizes | {"WEIGHTS": 77})


def test_two_filters_share_a_multiplier_that_is_wide_enough_for_both() -> None:
    """Two weights and a word with a sign beside each other: 2 * 8 + 8 + 1 = 25 bits."""
    sizes = {"WORDS": 5, "LANES": 7, "IN_BITS": 8, "WEIGHT_BITS": 8}
    wide, narrow = (inside(Instance("products", sizes | {"MULTIPLIER_BITS": wide})) for wide in (25, 24))
    assert wide == [(3 * 5, "product_pair", {"FACTOR_BITS": 9, "WEIGHT_BITS": 8, "MULTIPLIER_BITS": 25})]
    assert narrow == []


def test_a_buffer_is_three_queues_of_the_places_of_its_samples() -> None:
    """Of 5 samples of 100 beats; with a place travels the ID of its sample."""
    buffer = Instance("conditional_buffer", {"BEATS": 100, "SAMPLES": 5, "ID_BITS": 16})
    assert inside(buffer) == [
        (2, "stream_fifo", {"WIDTH": 9, "DEPTH": 5}),
        (1, "stream_fifo", {"WIDTH": 16 + 9, "DEPTH": 5}),
    ]
    (_, _, least), *_ = inside(Instance("conditional_buffer", {"BEATS": 100, "SAMPLES": 1, "ID_BITS": 16}))
    assert least == {"WIDTH": 7, "DEPTH": 2}


def test_a_decision_begins_with_distances_as_wide_as_its_tables_are_long() -> None:
    for module in ("exit_decision_top1", "exit_decision_entropy"):
        (only,) = inside(Instance(module, {"BITS": 16, "CLASSES": 10, "ENTRIES": 190}))
        assert only == (1, "logit_distances", {"BITS": 16, "CLASSES": 10, "LAST": 189, "INDEX_BITS": 8})


def test_what_joins_streams_chooses_words_ids_and_two_bits() -> None:
    for module, count, width in (("exit_merge", "EXITS", "BITS"), ("sample_collector", "COPIES", "WIDTH")):
        assert inside(Instance(module, {count: 3, width: 24, "ID_BITS": 16})) == [
            (1, "word_select", {"WIDTH": 24, "COUNT": 3}),
            (1, "word_select", {"WIDTH": 16, "COUNT": 3}),
            (2, "word_select", {"WIDTH": 1, "COUNT": 3}),
        ]


def test_a_counter_of_one_value_has_a_bit_but_its_logarithm_is_zero() -> None:
    assert [bits(count) for count in (1, 2, 3, 4, 5)] == [1, 1, 2, 2, 3]
    assert [clog2(count) for count in (0, 1, 2, 3, 4, 5)] == [0, 0, 1, 2, 2, 3]
