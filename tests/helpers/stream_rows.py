"""Modules between streams, for the table of latencies and intervals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from helpers.testbench import Case, Stream

OFFERED = "offered"
"""Stands for an input whose first beat is offered in the first cycle of a bench."""

SAMPLES = 12
"""Of which the last four are measured: by then everything is full."""

MEASURED = 4


@dataclass(frozen=True)
class Row:
    """A measurement of a module.

    Attributes:
        module: Its name.
        numbers: Parameters that its header names.
        case: The simulated case.
        since: The input and the beat with which the latency begins, once the beat is taken.
        until: The output and the beat with which the latency ends, once the beat leaves.
        latency: Number of the stated latency in the header; None if no latency is measured.
        per: The output, and its beats in an interval.
        interval: Number of the stated interval in the header; None if no interval is measured.
        plus: Cycles that are measured with the interval, and that the header states in another claim.
    """

    module: str
    numbers: Mapping[str, int]
    case: Case
    since: tuple[str, int] = ("in", 0)
    until: tuple[str, int] = ("out", 0)
    latency: int | None = 0
    per: tuple[str, int] = ("out", 1)
    interval: int | None = 0
    plus: int = 0

    def __str__(self) -> str:
        numbers = ",".join(f"{name}={number}" for name, number in self.numbers.items())
        return f"{self.module}[{numbers}]{self.latency or ''}"


def stream(width: int, beats: int, samples: int = SAMPLES) -> Stream:
    """Samples whose words do not matter."""
    last = [beat == beats - 1 for _ in range(samples) for beat in range(beats)]
    return Stream(width, [0] * len(last), last)


def through(
    module: str, widths: tuple[int, int], beats: tuple[int, int], **further: Any
) -> Callable[..., Case]:
    """A case of one stream in and one out, of so many beats a sample, once its parameters are known."""

    def case(**numbers: int) -> Case:
        streams = {"in": stream(widths[0], beats[0])}, {"out": stream(widths[1], beats[1])}
        return Case(module, numbers, *streams, **further)

    return case


def on_streams() -> list[Row]:
    """Modules between streams."""
    queue = {"WIDTH": 4, "DEPTH": 3}
    wide = {"WIDTH": 4, "FACTOR": 3}
    rows = [
        Row("stream_fifo", queue, through("stream_fifo", (4, 4), (5, 5))(**queue)),
        Row("stream_skid", {"WIDTH": 4}, through("stream_skid", (4, 4), (5, 5))(WIDTH=4)),
        Row("stream_widen", wide, through("stream_widen", (4, 12), (3, 1))(**wide), since=("in", 2)),
        Row("stream_narrow", wide, through("stream_narrow", (12, 4), (1, 3))(**wide), per=("out", 3)),
    ]
    requantise = {"LANES": 2, "IN_BITS": 11, "OUT_BITS": 4, "SHIFT": 2, "LOW": 0, "HIGH": 15}
    rows.append(Row("requantise", requantise, through("requantise", (22, 8), (5, 5))(**requantise)))
    # The filters of the second lane have two grids.
    filters = requantise | {"TURNS": 2, "COARSER": 1 << 5 | 3 << 15}
    rows.append(Row("requantise_filters", filters, through("requantise_filters", (22, 8), (5, 5))(**filters)))
    sums = {"LANES": 1, "A_BITS": 4, "A_SIGNED": 0, "A_SHIFT": 0}
    sums |= {"B_BITS": 4, "B_SIGNED": 0, "B_SHIFT": 0, "SUM_BITS": 6}
    added = Case("addition", sums, {"a": stream(4, 5), "b": stream(4, 5)}, {"out": stream(6, 5)})
    rows += [Row("addition", sums, added, since=(end, 0)) for end in "ab"]
    split = Case("stream_split", {"WIDTH": 4}, {"in": stream(4, 5)}, {"a": stream(4, 5), "b": stream(4, 5)})
    rows += [Row("stream_split", {"WIDTH": 4}, split, until=(end, 0), per=(end, 1)) for end in "ab"]
    ids = {"WIDTH": 8, "ID_BITS": 16}
    joined = {prefix: {"data": 8, "id": 16} for prefix in ("in", "out", "a", "b", "c")}
    taken_off = Case(
        "sample_ids",
        ids,
        {"in": stream(24, 5)},
        {"out": stream(8, 5), "id": stream(16, 1)},
        joined={"in": joined["in"]},
        without_last=("id",),
    )
    put_back = Case(
        "join_ids",
        ids,
        {"in": stream(8, 5), "id": stream(16, 1)},
        {"out": stream(24, 5)},
        joined={"out": joined["out"]},
        without_last=("id",),
    )
    rows += [Row("sample_ids", ids, taken_off), Row("join_ids", ids, put_back)]
    copies = {"COPIES": 3}
    dealt = {end: stream(24, 5, SAMPLES // 3) for end in "abc"}
    deal = Case("three_readers", {"WIDTH": 8}, {"in": stream(24, 5)}, dealt, joined=joined)
    rows.append(Row("sample_distributor", copies, deal, until=("a", 0), per=("a", 1)))
    # The turn goes round, and is the second writer's in the first cycle. The others never offer anything.
    for writer, latency in (("b", 0), ("a", 1)):
        streams = {end: stream(24, 5, SAMPLES if end == writer else 1) for end in "abc"}
        starts = {end: 0 if end == writer else 10**6 for end in "abc"}
        alone = Case(
            "three_writers", {"WIDTH": 8}, streams, {"out": stream(24, 5)}, joined=joined, starts=starts
        )
        rows.append(Row("sample_collector", copies, alone, since=(OFFERED, 0), latency=latency))
    rows.append(Row("sample_collector", copies, alone, latency=None, per=("out", 5), interval=1, plus=5))
    return rows


def on_samples() -> list[Row]:
    """Modules that judge, keep and join samples."""
    numbers = {"WIDTH": 8, "BEATS": 5, "SAMPLES": SAMPLES, "ID_BITS": 16, "KEEP": 1}

    def buffer(verdicts: list[int], start: int) -> Case:
        """All samples fit; their verdicts come from a cycle on."""
        return Case(
            "conditional_buffer",
            numbers,
            {"in": stream(8, 5), "verdict": Stream(17, [take << 16 for take in verdicts], [True] * SAMPLES)},
            {"out": stream(24, 5, sum(verdicts))},
            joined={"out": {"data": 8, "id": 16}},
            without_last=("verdict",),
            starts={"verdict": start},
        )

    late, early = buffer([1] * SAMPLES, 300), buffer([1] * SAMPLES, 0)
    dropping = buffer([0] * (SAMPLES - 1) + [1], 300)
    rows = [
        Row("conditional_buffer", numbers, late, since=("verdict", 0), per=("out", 5)),
        Row("conditional_buffer", numbers, early, since=("in", 4), latency=1, interval=None),
        Row("conditional_buffer", numbers, dropping, latency=None, per=("verdict", 1), interval=1),
    ]
    decision = {"CLASSES": 7, "ENTRIES": 4, "EXPONENTIALS": "headers_e.hex"}
    entropy = {"SHIFT": 3, "BOUND_ENTRIES": 4, "WEIGHTED": "headers_e.hex", "BOUNDS": "headers_b.hex"}
    writing = {"bound_write": "1'b0", "bound_data": "0"}
    files = {"headers_e.hex": ["00000"] * 4, "headers_b.hex": ["00000000"] * 4}
    for module, numbers, ports in (
        ("exit_decision_top1", decision | {"BOUND": 1}, writing),
        ("exit_decision_entropy", decision | entropy, writing | {"bound_address": "0"}),
    ):
        judge = Case(
            module,
            numbers,
            {"in": stream(16, 7), "id": stream(16, 1)},
            {"out": stream(17, 1)},
            files=files,
            ports=ports,
            without_last=("id", "out"),
        )
        sized = {"CLASSES": 7}
        rows.append(Row(module, sized, judge, since=("in", 6)))
    judge = replace(judge, module="exit_decision_margin", parameters={"BOUND": 1}, files={}, ports=writing)
    rows.append(Row("exit_decision_margin", {}, judge, since=("in", 6), per=("in", 1)))
    distances = {"BITS": 8, "CLASSES": 7, "LAST": 15}
    rows.append(
        Row(
            "logit_distances",
            distances,
            through("logit_distances", (8, 4), (7, 7))(**distances),
            since=("in", 6),
            per=("out", 7),
        )
    )
    merge = {"EXITS": 1, "BITS": 16, "CLASSES": 7}
    merging = through(
        "exit_merge", (32, 48), (7, 7), joined={"in": {"data": 16, "id": 16}, "out": {"data": 32, "id": 16}}
    )(**merge)
    rows.append(Row("exit_merge", merge, merging, per=("out", 7)))
    rows.append(
        Row("exit_merge", merge, merging, since=(OFFERED, 0), until=("in", 0), latency=1, interval=None)
    )
    return rows


WINDOWS = {
    "ROWS": 6,
    "COLS": 5,
    "KERNEL_ROWS": 3,
    "KERNEL_COLS": 3,
    "STRIDE_ROWS": 1,
    "STRIDE_COLS": 1,
    "PAD_TOP": 0,
    "PAD_LEFT": 0,
    "OUT_ROWS": 4,
    "OUT_COLS": 3,
}
BANKS = {
    # Everything at once, and slower than the input.
    "whole": {"GROUPS": 1, "BANK_ROWS": 3, "BANK_COLS": 3, "SLOTS": 2},
    "columns": {"GROUPS": 2, "BANK_ROWS": 1, "BANK_COLS": 3, "SLOTS": 6},
}


def on_layers() -> list[Row]:
    rows = []
    for name, banks in BANKS.items():
        sizes = WINDOWS | banks
        groups, taps = banks["GROUPS"], banks["BANK_ROWS"] * banks["BANK_COLS"]
        entering, windows = 30 * groups, 12 * groups * 9 // taps
        since = ("in", 15 * groups - 1)
        latency = 0 if name == "whole" else None
        window = through("sliding_window", (2 * 4, taps * 2 * 4), (entering, windows))
        numbers = {"LANES": 2, "BITS": 4, **sizes}
        rows.append(Row("sliding_window", numbers, window(**numbers), since, per=("out", windows)))
        pooling = through("max_pool", (2 * 4, 2 * 4), (entering, 12 * groups))(**numbers)
        rows.append(Row("max_pool", numbers, pooling, since, latency=latency, per=("out", 12 * groups)))
        for folds in (1, 4):
            if name == "whole" and folds > 1:
                continue
            lines = groups * 9 // taps * folds
            products = {"IN_BITS": 4, "WEIGHT_BITS": 4, "SUM_BITS": 16, "LANES_IN": 2, "LANES_OUT": 1}
            numbers = {**products, "FOLDS": folds, **sizes}
            memories = {"WEIGHTS": f"headers_w{lines}.hex", "BIAS": f"headers_c{folds}.hex"}
            case = Case(
                "convolution",
                numbers | memories,
                {"in": stream(2 * 4, entering)},
                {"out": stream(16, 12 * folds)},
                files={memories["WEIGHTS"]: ["0" * (taps * 2)] * lines, memories["BIAS"]: ["0000"] * folds},
                constants={"CONSTANT_WEIGHTS": f"{taps * 8}'h{'1' * taps * 2}"} if lines == 1 else {},
            )
            rows.append(Row("convolution", numbers, case, since, latency=latency, per=("out", 12 * folds)))
    for taps, groups, beats in ((1, 4, 5), (3, 1, 3), (9, 1, 1)):
        numbers = {"LANES": 2, "TAPS": taps, "GROUPS": groups, "BEATS": beats, "BITS": 4}
        numbers |= {"SIGNED": 0, "SUM_BITS": 12, "FACTOR": 3, "OUT_BITS": 14}
        averaging = through("average", (taps * 2 * 4, 2 * 14), (groups * beats, groups))(**numbers)
        rows.append(Row("average", numbers, averaging, ("in", groups * (beats - 1)), per=("out", groups)))
    rows += grouped_convolutions()
    for words, beats, folds in ((4, 5, 1), (3, 2, 4)):
        numbers = {"WORDS": words, "LANES": 2, "BEATS": beats, "FOLDS": folds}
        bits = {"IN_BITS": 4, "WEIGHT_BITS": 4, "SUM_BITS": 16}
        memories = {"WEIGHTS": f"headers_l{words}.hex", "BIAS": f"headers_d{folds}.hex"}
        case = Case(
            "linear",
            numbers | bits | memories,
            {"in": stream(4 * words, beats)},
            {"out": stream(32, folds)},
            files={
                memories["WEIGHTS"]: ["0" * (words * 2)] * (beats * folds),
                memories["BIAS"]: ["00000000"] * folds,
            },
        )
        # A beat is taken in the last of the cycles in which it is held, and its last sums follow from there.
        rows.append(Row("linear", numbers, case, ("in", beats - 1), ("out", folds - 1), per=("out", folds)))
    return rows + grouped_linears()


def grouped_convolutions() -> list[Row]:
    """Two groups at once in two rounds; and four beats of channels in two rounds, one group at a time."""
    rows = []
    for name, blocks, lanes_in, groups, folds in (("whole", 2, 2, 2, 1), ("columns", 1, 2, 4, 2)):
        sizes = {**WINDOWS, **BANKS[name], "GROUPS": groups}
        taps, rounds = sizes["BANK_ROWS"] * sizes["BANK_COLS"], 2
        products = {"IN_BITS": 4, "WEIGHT_BITS": 4, "SUM_BITS": 16, "LANES_IN": lanes_in, "LANES_OUT": 1}
        numbers = {**products, "BLOCKS": blocks, "ROUNDS": rounds, "FOLDS": folds, **sizes}
        lines, leaving = groups * 9 // taps * folds, 12 * rounds * folds
        memories = {"WEIGHTS": f"headers_gw{blocks}.hex", "BIAS": f"headers_gb{blocks}.hex"}
        case = Case(
            "grouped_convolution",
            numbers | memories,
            {"in": stream(blocks * lanes_in * 4, 30 * groups)},
            {"out": stream(blocks * 16, leaving)},
            files={
                memories["WEIGHTS"]: ["0" * (taps * lanes_in * blocks)] * lines,
                memories["BIAS"]: ["0" * (4 * blocks)] * (rounds * folds),
            },
        )
        latency = 0 if name == "whole" else None
        since = ("in", 15 * groups - 1)
        rows.append(Row("grouped_convolution", numbers, case, since, latency=latency, per=("out", leaving)))
    return rows


def grouped_linears() -> list[Row]:
    rows = []
    for words, blocks, rounds, beats, folds in ((4, 2, 3, 5, 1), (3, 1, 2, 2, 4)):
        numbers = {"WORDS": words, "LANES": 2, "BLOCKS": blocks, "ROUNDS": rounds}
        numbers |= {"BEATS": beats, "FOLDS": folds}
        bits = {"IN_BITS": 4, "WEIGHT_BITS": 4, "SUM_BITS": 16}
        memories = {"WEIGHTS": f"headers_gl{words}.hex", "BIAS": f"headers_gd{folds}.hex"}
        case = Case(
            "grouped_linear",
            numbers | bits | memories,
            {"in": stream(4 * words * blocks, rounds * beats)},
            {"out": stream(32 * blocks, rounds * folds)},
            files={
                memories["WEIGHTS"]: ["0" * (words * 2 * blocks)] * (rounds * beats * folds),
                memories["BIAS"]: ["0" * (8 * blocks)] * (rounds * folds),
            },
        )
        ends = ("in", beats - 1), ("out", folds - 1)
        rows.append(Row("grouped_linear", numbers, case, *ends, per=("out", folds)))
    return rows


ROWS = [*on_streams(), *on_samples(), *on_layers()]
