"""Hardware that fpgaConvNet does not model: the early-exit units, width converters and bias adders.

Every figure is of our own model. It counts bits that must be stored, added, compared or selected. A six-input
LUT holds a bit of an adder, of a comparison or of a 2:1 choice, 64 bits of ROM, or 32 words of one bit of a
small memory. Every stored bit is a flip-flop. Synthesis of the real units replaces the figures later.
"""

from math import ceil, gcd

from fpga_ee.hardware.fpga.resources import Resources, bits_for, bram18
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS
from fpga_ee.hardware.search.target import Unit


def width_converter(feature_map: FeatureMap, streams_in: int, streams_out: int) -> Resources:
    """Count a converter between two layers of different parallelism; nothing where it is equal.

    It keeps the words that are not yet a whole beat (at most streams_in + streams_out - gcd), with a choice
    of place for every bit of them and a counter. It is never slower than the slower side.
    """
    if streams_in == streams_out:
        return Resources()
    words = streams_in + streams_out - gcd(streams_in, streams_out)
    bits = words * feature_map.format.bits
    counter = bits_for(words + 1)
    return Resources(lut=bits + 2 * counter, ff=bits + counter)


def bias_adder(accumulators: FeatureMap, streams: int) -> Resources:
    """Count an adder with its register after the sums of every output stream."""
    bits = accumulators.format.bits
    return Resources(lut=bits, ff=bits) * streams


def split(feature_map: FeatureMap, streams: int) -> Unit:
    """Count the split, which gives every word to the exit and to the buffer, each at its own pace.

    It has one register for the words, and a flag for each branch: the branch has taken them.
    """
    bits = streams * feature_map.format.bits
    return Unit(Resources(lut=6, ff=bits + 3), ceil(feature_map.words / streams), 1)


def decision(layer: Decision) -> Unit:
    """Count the integer exit rule, which takes one logit per cycle and overlaps two samples.

    While the logits of a sample arrive, their largest is found (comparator, register) and all are kept (small
    memory). Then each is subtracted from the largest, limited to the last index of the table, looked up (ROM)
    and added. The sum is compared. Entropy has two sums, and a third table on one of them. There is no
    multiplier. A rule without tables keeps only the second largest logit.
    """
    word = layer.input.format.bits
    logits = layer.input.channels
    # The third table holds bounds.
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
    """Count a buffer with one feature map in each slot. A drop gives the slot's address back.

    It has one memory as wide as all streams, so that block RAM is not spent on each of them. It has three
    queues of start addresses: free slots, slots to be decided, and slots to be read. The last two also hold
    sample IDs. Two counters count the words of a slot.
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
    """Count the merge of the exits' results into one stream, whole samples at a time, each with its ID.

    Each exit has a memory of two results and a queue of IDs. Every bit is selected from all exits.
    """
    word = logits.format.bits
    memory = ceil(2 * logits.channels / 32) * word + 2 * bits_for(2 * logits.channels)
    choice = (word + SAMPLE_ID_BITS) * ceil((exits - 1) / 3)
    resources = Resources(lut=exits * memory + choice + 4 * exits, ff=exits * (2 * SAMPLE_ID_BITS + 8) + word)
    return Unit(resources, logits.channels, 2)
