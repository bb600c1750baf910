"""Hardware that fpgaConvNet does not model: the early-exit units, width converters and bias adders.

Every figure is of our own model: bits that must be stored, added, compared or selected, counted in six-input
LUTs (one per bit of an adder, of a comparison or of a 2:1 choice; 64 bits of ROM; 32 words of one bit of a
small memory) and flip-flops (one per stored bit). Synthesis of the real units replaces them later.
"""

from math import ceil, gcd

from fpga_ee.hardware.fpga.resources import Resources, bits_for, bram18
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS
from fpga_ee.hardware.search.target import Unit


def width_converter(feature_map: FeatureMap, streams_in: int, streams_out: int) -> Resources:
    """A gearbox between two layers of different parallelism; nothing where they agree.

    It keeps the words that are not yet a whole beat (streams_in + streams_out - gcd at most), with a choice
    of place for every bit of them and a counter. It is never slower than the slower side.
    """
    if streams_in == streams_out:
        return Resources()
    words = streams_in + streams_out - gcd(streams_in, streams_out)
    bits = words * feature_map.format.bits
    counter = bits_for(words + 1)
    return Resources(lut=bits + 2 * counter, ff=bits + counter)


def bias_adder(accumulators: FeatureMap, streams: int) -> Resources:
    """An adder with its register behind the sums of every output stream."""
    bits = accumulators.format.bits
    return Resources(lut=bits, ff=bits) * streams


def split(feature_map: FeatureMap, streams: int) -> Unit:
    """Give every word to the exit and to the conditional buffer, each at its own pace.

    One register for the words, and per branch a flag that tells whether it has taken them.
    """
    bits = streams * feature_map.format.bits
    return Unit(Resources(lut=6, ff=bits + 3), ceil(feature_map.words / streams), 1)


def decision(layer: Decision) -> Unit:
    """The integer exit rule, one logit per cycle, two samples overlapped.

    While one sample's logits arrive, their largest is found (comparator, register) and they are kept (small
    memory); then each is subtracted from it, limited to the last index of the table, looked up (ROM) and
    added; the sum is compared. Entropy has two such sums and a third table on one of them. No multiplier.
    A rule without tables keeps the second largest logit instead of all.
    """
    word = layer.input.format.bits
    logits = layer.input.channels
    # A third table is of bounds.
    sums = layer.tables[:2]
    index = bits_for(max((table.entries for table in sums), default=1))
    rom = sum(ceil(table.entries / 64) * table.bits for table in layer.tables)
    sum_bits = sum(table.bits + bits_for(logits) for table in sums)
    counters = 2 * bits_for(logits)
    kept = ceil(2 * logits / 32) * word if sums else 2 * word
    lut = kept + 2 * word + word + index + rom + sum_bits + sum_bits + counters + SAMPLE_ID_BITS
    ff = 2 * word + word + index + sum(t.bits for t in sums) + 2 * sum_bits + counters + 2 * SAMPLE_ID_BITS
    stages = 3 + 2 * len(sums)
    return Unit(Resources(lut=lut, ff=ff), logits, logits + stages)


def conditional_buffer(feature_map: FeatureMap, streams: int, samples: int) -> Unit:
    """Feature maps that wait for their decision, one in each slot; a drop gives the slot's address back.

    One memory as wide as all streams, so that block RAM is not spent on each of them; three queues of start
    addresses (free slots, slots to be decided, slots to be read on, the last two with sample IDs) and two
    counters over the words of a slot.
    """
    words = ceil(feature_map.words / streams)
    address, word = bits_for(words * samples), bits_for(words)
    queues = ceil(samples / 32) * (3 * address + 2 * SAMPLE_ID_BITS) + 3 * 2 * bits_for(samples + 1)
    resources = Resources(
        lut=queues + 2 * (address + word) + 12,
        ff=2 * (address + word) + 6 * bits_for(samples + 1) + streams * feature_map.format.bits,
        bram=bram18(words * samples, streams * feature_map.format.bits),
    )
    return Unit(resources, words, 2)


def exit_merge(logits: FeatureMap, exits: int) -> Unit:
    """Join the exits' results into one stream, whole samples at a time, each with its ID.

    Per exit a memory of two results and a queue of IDs; one choice of all exits for every bit.
    """
    word = logits.format.bits
    memory = ceil(2 * logits.channels / 32) * word + 2 * bits_for(2 * logits.channels)
    choice = (word + SAMPLE_ID_BITS) * ceil((exits - 1) / 3)
    resources = Resources(lut=exits * memory + choice + 4 * exits, ff=exits * (2 * SAMPLE_ID_BITS + 8) + word)
    return Unit(resources, logits.channels, 2)
