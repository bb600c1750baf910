"""Queues, width converters, split, IDs, conditional buffer and merge, each against what it must give."""

from collections.abc import Callable
from itertools import pairwise
from random import Random

from .testbench import Case, Outcome, Stream

STALLS = (0, 30, 70)


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


def _merges() -> list[Case]:
    random = Random(5)
    cases = []
    for stall in (0, 40):
        entering, leaving = _exit(random, 0, classes=7)
        cases.append(
            Case(
                "exit_merge",
                {"EXITS": 1, "BITS": 16, "CLASSES": 7},
                {"in": entering},
                {"out": leaving},
                stall,
                joined={"in": {"data": 16, "id": 16}, "out": {"data": 32, "id": 16}},
            )
        )
    for stall in STALLS:
        for exits in (2, 3):
            classes = random.randint(2, 6)
            streams = [_exit(random, index, classes) for index in range(exits)]
            parameters = {"EXITS": exits, "CLASSES": classes}
            inputs = {prefix: entering for prefix, (entering, _) in zip("abc", streams, strict=False)}
            outputs = {prefix: leaving for prefix, (_, leaving) in zip("xyz", streams, strict=False)}
            cases.append(Case("exits_through_merge", parameters, inputs, outputs, stall))
    return cases


def _exit(random: Random, exit_: int, classes: int) -> tuple[Stream, Stream]:
    """What an exit gives, {id, logit}, and what the merge makes of it, {id, label so far, exit, logit}."""
    data, result = [], []
    for _ in range(random.randint(20, 40)):
        sample = random.getrandbits(16)
        values = [random.randint(-5, 5) for _ in range(classes)]
        for index, value in enumerate(values):
            label = values.index(max(values[: index + 1]))
            data.append((value & 0xFFFF) | (sample << 16))
            result.append((value & 0xFFFF) | (exit_ << 16) | (label << 24) | (sample << 32))
    last = [index % classes == classes - 1 for index in range(len(data))]
    return Stream(32, data, last), Stream(48, result, last)


def cases() -> dict[str, list[Case]]:
    return {
        "queues": _queues_and_converters(),
        "split": _split_and_ids(),
        "buffers": _buffers(),
        "drops": _drops(),
        "merge": _merges(),
    }


Outcomes = Callable[[str], list[Outcome]]


def test_queues_and_converters_keep_every_beat(outcomes: Outcomes) -> None:
    for outcome in outcomes("queues"):
        if outcome.case.stall == 0:
            widens = outcome.case.module == "stream_widen"
            factor = int(outcome.case.parameters["FACTOR"]) if widens else 1
            steps = {after - before for before, after in pairwise(outcome.cycles("out"))}
            assert steps == {factor}, f"{outcome.case.module} does not keep its interval"


def test_split_and_ids(outcomes: Outcomes) -> None:
    outcomes("split")


def test_the_conditional_buffer_keeps_what_it_is_told_to(outcomes: Outcomes) -> None:
    outcomes("buffers")


def test_a_drop_takes_one_cycle(outcomes: Outcomes) -> None:
    """Of 50 samples of 20 beats only the last is kept: it leaves as soon as it is in."""
    (outcome,) = outcomes("drops")
    assert outcome.cycles("out")[0] - 50 * 20 <= 5


def test_the_merge_keeps_every_exits_samples_in_order_and_finds_their_labels(outcomes: Outcomes) -> None:
    outcomes("merge")
