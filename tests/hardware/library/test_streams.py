"""Queues, width converters, split, IDs, conditional buffer and merge, compared with their right outputs."""

from collections.abc import Callable
from itertools import pairwise
from random import Random

from helpers.testbench import Case, Outcome, Stream

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.network.layers.addition import sum_format

STALLS = (0, 30, 70)
COPIES = "abc"
"""Port prefixes of copies or exits."""


def beats(random: Random, width: int, samples: int, length: int) -> Stream:
    data = [random.getrandbits(width) for _ in range(samples * length)]
    return Stream(width, data, [index % length == length - 1 for index in range(samples * length)])


def _queues_and_converters() -> list[Case]:
    random = Random(1)
    cases = []
    for stall in STALLS:
        stream = beats(random, random.randint(1, 70), 20, 7)
        for depth in (2, 3, 16):
            parameters = {"WIDTH": stream.width, "DEPTH": depth}
            cases.append(Case("stream_fifo", parameters, {"in": stream}, {"out": stream}, stall))
        cases.append(Case("stream_skid", {"WIDTH": stream.width}, {"in": stream}, {"out": stream}, stall))
        for factor in (2, 3, 5):
            width = random.randint(1, 20)
            narrow = beats(random, width, 15, factor * 4)
            joined = [
                sum(narrow.data[start + index] << (index * width) for index in range(factor))
                for start in range(0, len(narrow.data), factor)
            ]
            wide = Stream(width * factor, joined, narrow.last[factor - 1 :: factor])
            parameters = {"WIDTH": width, "FACTOR": factor}
            cases.append(Case("stream_widen", parameters, {"in": narrow}, {"out": wide}, stall))
            cases.append(Case("stream_narrow", parameters, {"in": wide}, {"out": narrow}, stall))
    return cases


def _sums() -> list[Case]:
    """Words of two streams, of all signs and of grids as far apart as they come."""
    random = Random(7)
    cases = []
    for stall in STALLS:
        for shifts in ((0, 0), (0, 3), (2, 0), (0, 9)):
            formats = [
                FixedPoint(random.randint(1, 9), signed=random.random() < 0.5, frac=-shift)
                for shift in shifts
            ]
            sums, lanes = sum_format(formats), random.randint(1, 3)
            parameters = {"LANES": lanes, "SUM_BITS": sums.bits}
            inputs, totals = {}, [0] * 60 * lanes
            last = [index % 6 == 5 for index in range(60)]
            for name, format_ in zip("ab", formats, strict=True):
                words = [random.randint(format_.low, format_.high) for _ in totals]
                words[: 2 * lanes] = [format_.low] * lanes + [format_.high] * lanes
                shift = sums.frac - format_.frac
                parameters |= {
                    f"{name.upper()}_BITS": format_.bits,
                    f"{name.upper()}_SIGNED": int(format_.signed),
                    f"{name.upper()}_SHIFT": shift,
                }
                totals = [total + (word << shift) for total, word in zip(totals, words, strict=True)]
                inputs[name] = Stream(lanes * format_.bits, packed(words, lanes, format_.bits), last)
            out = Stream(lanes * sums.bits, packed(totals, lanes, sums.bits), last)
            cases.append(Case("addition", parameters, inputs, {"out": out}, stall))
    return cases


def packed(words: list[int], lanes: int, bits: int) -> list[int]:
    """Beats of so many words, the first lowest."""
    return [
        sum((words[start + lane] & (1 << bits) - 1) << lane * bits for lane in range(lanes))
        for start in range(0, len(words), lanes)
    ]


def _split_and_ids() -> list[Case]:
    random = Random(2)
    cases = []
    for stall in STALLS:
        stream = beats(random, 9, 20, 6)
        outputs = {"a": stream, "b": stream}
        cases.append(Case("stream_split", {"WIDTH": 9}, {"in": stream}, outputs, stall))
        for length in (1, 4):
            plain = beats(random, 8, 25, length)
            ids = [random.getrandbits(16) for _ in range(25)]
            beside = [data | (ids[index // length] << 8) for index, data in enumerate(plain.data)]
            cases.append(
                Case(
                    "sample_ids",
                    {"WIDTH": 8, "ID_BITS": 16},
                    {"in": Stream(24, beside, plain.last)},
                    {"out": plain, "id": Stream(16, ids, [True] * 25)},
                    stall,
                    joined={"in": {"data": 8, "id": 16}},
                    without_last=("id",),
                )
            )
    return cases


def _buffers() -> list[Case]:
    random = Random(3)
    cases = []
    for stall in STALLS:
        for length, room in ((1, 1), (5, 1), (4, 2), (9, 3)):
            keep = random.randint(0, 1)
            stream = beats(random, 12, 40, length)
            takes = [random.random() < 0.6 for _ in range(40)]
            kept = [index for index in range(40) if takes[index] == keep]
            data = [
                stream.data[sample * length + beat] | (sample << 12)
                for sample in kept
                for beat in range(length)
            ]
            last = [beat == length - 1 for _ in kept for beat in range(length)]
            verdicts = [(int(take) << 16) | sample for sample, take in enumerate(takes)]
            cases.append(
                Case(
                    "conditional_buffer",
                    {"WIDTH": 12, "BEATS": length, "SAMPLES": room, "ID_BITS": 16, "KEEP": keep},
                    {"in": stream, "verdict": Stream(17, verdicts, [True] * 40)},
                    {"out": Stream(28, data, last)},
                    stall,
                    joined={"out": {"data": 12, "id": 16}},
                    without_last=("verdict",),
                )
            )
    return cases


def _drops() -> list[Case]:
    random = Random(4)
    stream = beats(random, 8, 50, 20)
    case = Case(
        "conditional_buffer",
        {"WIDTH": 8, "BEATS": 20, "SAMPLES": 2, "ID_BITS": 16, "KEEP": 0},
        {
            "in": stream,
            "verdict": Stream(17, [(1 << 16) | i for i in range(49)] + [49], [True] * 50),
        },
        {"out": Stream(24, [data | (49 << 8) for data in stream.data[-20:]], [False] * 19 + [True])},
        joined={"out": {"data": 8, "id": 16}},
        without_last=("verdict",),
    )
    return [case]


CLASSES = 7


def results(random: Random, count: int, exit_: int) -> tuple[Stream, Stream]:
    """Draw logits of samples that leave at an exit, with IDs, and the merge's output for them."""
    data, result = [], []
    for sample in range(100 * exit_, 100 * exit_ + count):
        values = [random.randint(-5, 5) for _ in range(CLASSES)]
        for index, value in enumerate(values):
            label = values.index(max(values[: index + 1]))
            data.append((value & 0xFFFF) | (sample << 16))
            result.append((value & 0xFFFF) | (exit_ << 16) | (label << 24) | (sample << 32))
    last = [index % CLASSES == CLASSES - 1 for index in range(len(data))]
    return Stream(32, data, last), Stream(48, result, last)


def _merges() -> list[Case]:
    random = Random(5)
    joined = {prefix: {"data": 16, "id": 16} for prefix in ("in", *COPIES)}
    joined["out"] = {"data": 32, "id": 16}
    cases = []
    for stall in (0, 40):
        logits, merged = results(random, 30, 0)
        parameters = {"EXITS": 1, "BITS": 16, "CLASSES": CLASSES}
        cases.append(Case("exit_merge", parameters, {"in": logits}, {"out": merged}, stall, joined=joined))
        for exits in (2, 3):
            pairs = [results(random, 20, exit_) for exit_ in range(exits)]
            inputs = {prefix: given for prefix, (given, _) in zip(COPIES, pairs, strict=False)}
            data = [word for _, wanted in pairs for word in wanted.data]
            last = [mark for _, wanted in pairs for mark in wanted.last]
            cases.append(
                Case(
                    "merge_apart",
                    {"EXITS": exits, "CLASSES": CLASSES},
                    inputs,
                    {"out": Stream(48, data, last)},
                    stall,
                    joined=joined,
                    any_order=True,
                )
            )
    return cases


def with_ids(stream: Stream, ids: list[int]) -> Stream:
    """A stream with an ID beside every beat of its samples."""
    number, beside = 0, []
    for data, last in zip(stream.data, stream.last, strict=True):
        beside.append(data | ids[number] << stream.width)
        number += last
    return Stream(stream.width + 16, beside, stream.last)


def _copies() -> list[Case]:
    """Samples of three beats for each of three copies, apart and together."""
    random = Random(6)
    cases = []
    for stall in STALLS:
        together = with_ids(beats(random, 9, 30, 3), [random.getrandbits(16) for _ in range(30)])
        apart = {
            prefix: Stream(
                25,
                [data for index, data in enumerate(together.data) if index // 3 % 3 == copy],
                [False, False, True] * 10,
            )
            for copy, prefix in enumerate(COPIES)
        }
        joined = {prefix: {"data": 9, "id": 16} for prefix in ("in", "out", *COPIES)}
        cases.append(Case("three_readers", {"WIDTH": 9}, {"in": together}, apart, stall, joined=joined))
        cases.append(
            Case(
                "three_writers", {"WIDTH": 9}, apart, {"out": together}, stall, joined=joined, any_order=True
            )
        )
    return cases


def cases() -> dict[str, list[Case]]:
    return {
        "queues": _queues_and_converters(),
        "sums": _sums(),
        "split": _split_and_ids(),
        "buffers": _buffers(),
        "drops": _drops(),
        "merge": _merges(),
        "copies": _copies(),
    }


Outcomes = Callable[[str], list[Outcome]]


def test_queues_and_converters_keep_every_beat(outcomes: Outcomes) -> None:
    for outcome in outcomes("queues"):
        if outcome.case.stall == 0:
            widens = outcome.case.module == "stream_widen"
            factor = int(outcome.case.parameters["FACTOR"]) if widens else 1
            steps = {after - before for before, after in pairwise(outcome.cycles("out"))}
            assert steps == {factor}, f"{outcome.case.module} does not keep its interval"


def test_sums_of_two_streams_are_exact(outcomes: Outcomes) -> None:
    """Also of the least and of the greatest words, and while either stream or the reader pauses."""
    outcomes("sums")


def test_split_and_ids(outcomes: Outcomes) -> None:
    outcomes("split")


def test_the_conditional_buffer_keeps_what_it_is_told_to(outcomes: Outcomes) -> None:
    outcomes("buffers")


def test_a_drop_takes_one_cycle(outcomes: Outcomes) -> None:
    """Of 50 samples of 20 beats only the last is kept: it leaves as soon as it is in."""
    (outcome,) = outcomes("drops")
    assert outcome.cycles("out")[0] - 50 * 20 <= 5


def test_the_merge_keeps_samples_whole_and_finds_their_labels(outcomes: Outcomes) -> None:
    """The merge has one, two or three exits. The samples of each exit stay in order."""
    for outcome in outcomes("merge"):
        leaving = [data >> 32 for _, data, last in outcome.taken["out"] if last]
        for exit_ in range(3):
            own = [sample for sample in leaving if sample // 100 == exit_]
            assert own == sorted(own)


def test_copies_get_samples_in_turn_and_give_them_whole(outcomes: Outcomes) -> None:
    """While all three writers offer samples, none gets a second turn before the others had theirs."""
    for outcome in outcomes("copies"):
        if outcome.case.module == "three_writers" and outcome.case.stall == 0:
            writers = {data: writer for writer, stream in outcome.case.inputs.items() for data in stream.data}
            order = [writers[data] for _, data, last in outcome.taken["out"] if last]
            assert all(set(order[start : start + 3]) == set(COPIES) for start in range(0, 30, 3))
