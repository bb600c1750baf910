"""The early-exit units and converters use no multiplier, and cost nothing where they are not needed."""

from helpers.networks import B_LENET_SE, LOGITS
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.fpga.resources import Resources, bram18
from fpga_ee.hardware.fpgaconvnet import units
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Decision, Table

STREAMS = st.integers(1, 16)
MAP = FeatureMap(5, 16, 16, FixedPoint(16, signed=False, frac=8))
TOP1 = B_LENET_SE.stages[0].decision
assert TOP1 is not None


@given(STREAMS)
def test_equal_streams_need_no_converter(streams: int) -> None:
    assert units.width_converter(MAP, streams, streams) == Resources()


@given(STREAMS, STREAMS)
def test_a_converter_costs_the_same_both_ways(streams_in: int, streams_out: int) -> None:
    assert units.width_converter(MAP, streams_in, streams_out) == units.width_converter(
        MAP, streams_out, streams_in
    )


def test_a_converter_keeps_what_is_not_yet_a_beat() -> None:
    """From 2 words a cycle to 3, at most 2 + 3 - 1 words of 16 bits wait, and a counter of 3 bits tells."""
    assert units.width_converter(MAP, 2, 3).ff == 4 * 16 + 3


def test_the_integer_decision_is_a_fraction_of_the_published_one_and_needs_no_multiplier() -> None:
    used = units.decision(TOP1).resources
    assert (used.dsp, used.bram) == (0, 0)
    assert used.lut < 1_818 / 8  # the published float decision
    assert used.ff < 1_498 / 8


def test_the_entropy_decision_has_two_sums_and_a_third_table() -> None:
    tables = (Table(233, 17), Table(233, 15), Table(375, 16))
    entropy = Decision("decision.0", TOP1.input, "entropy", tables)
    assert units.decision(entropy).resources.lut > units.decision(TOP1).resources.lut
    assert units.decision(entropy).resources.dsp == 0


def test_a_decision_keeps_up_with_one_logit_per_cycle() -> None:
    assert units.decision(TOP1).interval == TOP1.input.channels == 10


@given(st.integers(1, 64), st.sampled_from([1, 5]))
def test_a_buffer_holds_its_samples(samples: int, streams: int) -> None:
    unit = units.conditional_buffer(MAP, streams, samples)
    assert unit.resources.bram * 18 * 1024 >= samples * MAP.words * MAP.format.bits
    assert unit.interval == MAP.words // streams


def test_block_ram_follows_the_aspect_ratios_of_the_data_sheet() -> None:
    assert [bram18(1280, 16), bram18(512, 36), bram18(513, 36), bram18(16384, 1), bram18(1024, 18)] == [
        2, 1, 2, 1, 1,
    ]  # fmt: skip


@given(st.integers(2, 6))
def test_a_merge_grows_with_its_exits(exits: int) -> None:
    logits = FeatureMap(10, 1, 1, LOGITS)
    fewer, more = units.exit_merge(logits, exits), units.exit_merge(logits, exits + 1)
    assert fewer.resources.lut < more.resources.lut
