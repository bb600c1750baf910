"""Queue, conditional buffer and merge are proven for all time; broken ones are refuted."""

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.proving import Change, Proof, refuted, unproven

from fpga_ee.hardware.timing.buffering import Traffic, least_depth

QUEUES = [Proof("stream_fifo_proof", 2, {"WIDTH": 2, "DEPTH": depth}) for depth in (2, 3, 4, 5)]

BUFFERS = [
    Proof("conditional_buffer_proof", 5, {"BEATS": beats, "SAMPLES": samples, "KEEP": keep})
    for beats, samples, keep in [
        (1, 1, 0),
        (1, 2, 1),
        (1, 3, 0),
        (2, 1, 1),
        (2, 2, 0),
        (3, 1, 0),
        (3, 2, 1),
        (3, 3, 0),
    ]
]

MERGES = [
    Proof("exit_merge_proof", 3, {"EXITS": exits, "CLASSES": classes})
    for exits, classes in [(1, 2), (2, 2), (2, 3), (3, 2), (3, 3)]
]


@pytest.mark.parametrize("proof", [*QUEUES, *BUFFERS, *MERGES], ids=str)
def test_nothing_is_lost_doubled_reordered_or_changed_and_nothing_waits_in_vain(
    proof: Proof, tmp_path: Path
) -> None:
    assert not unproven(proof, tmp_path)


def no_deadlock(patience: int, **parameters: int) -> Proof:
    return Proof("early_exit_proof", patience + 3, {**parameters, "PATIENCE": patience})


@pytest.mark.parametrize(
    "proof",
    [
        no_deadlock(9, BEATS=2, SAMPLES=1, HELD=1, LATENCY=2, REST=1),
        no_deadlock(7, BEATS=1, SAMPLES=1, HELD=2, LATENCY=2, REST=2),
        no_deadlock(11, BEATS=3, SAMPLES=1, HELD=3, LATENCY=2, REST=1),
        no_deadlock(8, BEATS=2, SAMPLES=2, HELD=2, LATENCY=3, REST=1),
    ],
    ids=str,
)
class TestAnEarlyExitCannotDeadlock:
    def test_every_beat_is_taken_in_time(self, proof: Proof, tmp_path: Path) -> None:
        assert not unproven(proof, tmp_path)

    def test_no_shorter_time_is_enough(self, proof: Proof, tmp_path: Path) -> None:
        shorter = replace(
            proof, parameters={**proof.parameters, "PATIENCE": proof.parameters["PATIENCE"] - 1}
        )
        assert refuted("no_deadlock", shorter, tmp_path)


TURNAROUND = 1
"""Cycles in which a slot comes back, beside the decision's latency."""


@pytest.mark.parametrize(
    ("interval", "latency"), [(2, 2), (2, 3), (3, 2), (3, 3), (3, 4), (4, 2), (4, 3), (4, 4), (4, 7)]
)
class TestTheLeastDepth:
    def test_keeps_the_stage_at_its_interval(self, interval: int, latency: int, tmp_path: Path) -> None:
        depth = least_depth(Traffic(interval, latency + TURNAROUND, late_interval=1))
        assert not unproven(of_depth(depth, interval, latency), tmp_path)

    def test_and_one_sample_less_does_not(self, interval: int, latency: int, tmp_path: Path) -> None:
        depth = least_depth(Traffic(interval, latency + TURNAROUND, late_interval=1))
        assert refuted("never_waits", of_depth(depth - 1, interval, latency), tmp_path)


def of_depth(depth: int, interval: int, latency: int) -> Proof:
    parameters = {"BEATS": interval, "SAMPLES": depth, "LATENCY": latency}
    return Proof("least_depth_proof", latency + 4, parameters)


FIRST_EXIT_FIRST = "if (in_valid[EXITS - 1 - e]) foremost = EXITS - 1 - e;"


def changes() -> list[tuple[Proof, Change, str]]:
    """Broken modules: the proof, the change, and the property that fails."""
    queue, buffer, merge, loop = QUEUES[1], BUFFERS[4], MERGES[2], no_deadlock(9)
    return [
        (queue, Change("stream_fifo", "count != DEPTH;", "1;"), "order"),
        (queue, Change("stream_fifo", "count != DEPTH;", "count < DEPTH - 1;"), "room"),
        (queue, Change("stream_fifo", "(!out_valid || out_ready)", "1"), "offer"),
        (queue, Change("stream_fifo", "(read_pointer == DEPTH - 1) ? 0 : ", ""), "order"),
        (queue, Change("stream_fifo", "else if (out_ready) out_valid <= 0;", ""), "order"),
        (buffer, Change("conditional_buffer", "unused != 0 || free_valid;", "1;"), "full"),
        (buffer, Change("conditional_buffer", "unused <= SAMPLES;", "unused <= SAMPLES - 1;"), "room"),
        (
            buffer,
            Change("conditional_buffer", "? kept_slot : judged_slot", "? kept_slot : kept_slot"),
            "data",
        ),
        (buffer, Change("conditional_buffer", "== (KEEP != 0)", "!= (KEEP != 0)"), "order"),
        (buffer, Change("conditional_buffer", "judged_valid && !read_last;", "judged_valid;"), "room"),
        (buffer, Change("conditional_buffer", "unused_slot + BEATS", "unused_slot + 1"), "data"),
        (buffer, Change("conditional_buffer", "(!out_valid || out_ready)", "1"), "offer"),
        (buffer, Change("conditional_buffer", ".in_valid(read_last || drop)", ".in_valid(drop)"), "room"),
        (
            merge,
            Change("exit_merge", "else if (take && last) chosen", "else if (take) chosen"),
            "whole_samples",
        ),
        (merge, Change("exit_merge", "if (in_valid[e]) foremost = e;", FIRST_EXIT_FIRST), "last_first"),
        (merge, Change("exit_merge", "!out_valid || out_ready;", "1;"), "no_loss"),
        (merge, Change("exit_merge", "logit > largest;", "logit >= largest;"), "label"),
        (merge, Change("exit_merge", "position == 0 || logit", "logit"), "label"),
        (merge, Change("exit_merge", "wire signed [BITS-1:0] logit", "wire [BITS-1:0] logit"), "label"),
        (merge, Change("exit_merge", "1 << choice : 0", "in_valid : 0"), "single"),
        (loop, Change("conditional_buffer", "(read_last || drop)", "(read_last)"), "no_deadlock"),
        (loop, Change("conditional_buffer", "unused <= SAMPLES;", "unused <= 0;"), "no_deadlock"),
    ]


@pytest.mark.parametrize(
    ("proof", "change", "broken"),
    changes(),
    ids=[f"{change.module}: {change.old} -> {change.new}" for _, change, _ in changes()],
)
def test_a_broken_module_is_refuted(proof: Proof, change: Change, broken: str, tmp_path: Path) -> None:
    assert refuted(broken, proof, tmp_path, change)
