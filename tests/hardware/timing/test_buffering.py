"""The conditional buffer: its depth, and the cost of a shallower one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.timing.buffering import (
    Traffic,
    estimated_throughput,
    full_probability,
    least_depth,
    longest_run,
    stays,
    sufficient_depth,
    throughput,
    unhindered_depth,
)

traffics = st.builds(
    Traffic, st.integers(1, 6), st.integers(0, 12), st.integers(1, 20), st.sampled_from([0, 3, 8])
)
decisions = st.lists(st.booleans(), min_size=1, max_size=20)
depths = st.integers(1, 6)


def freed(traffic: Traffic, late: list[bool], depth: int) -> list[int]:
    return [stay.freed for stay in stays(traffic, late, depth)]


def stepped(traffic: Traffic, late: list[bool], depth: int) -> list[int]:
    """Play the same buffer cycle by cycle: samples in slots, each with its next event."""
    freed: dict[int, int] = {}
    slots: dict[int, int] = {}  # sample to the cycle of its decision
    reading, left = -1, 0
    arrived, cycle, next_entry = 0, 0, 0
    while len(freed) < len(late):
        if left == 0 and reading in slots:
            del slots[reading]
            freed[reading] = cycle
        for sample, decided in list(slots.items()):
            if decided <= cycle and not late[sample]:
                del slots[sample]
                freed[sample] = cycle
        ready = [sample for sample, decided in slots.items() if decided <= cycle]
        if left == 0 and ready:
            reading, left = min(ready), traffic.late_interval
        entering = max(next_entry, arrived * traffic.arrival)
        if arrived < len(late) and cycle >= entering and len(slots) < depth:
            slots[arrived] = cycle + traffic.interval + traffic.decision_latency
            arrived += 1
            next_entry = cycle + traffic.interval
        left = max(0, left - 1)
        cycle += 1
    return [freed[sample] for sample in range(len(late))]


@given(traffics, decisions, depths)
def test_the_events_are_those_of_a_simulation_cycle_by_cycle(
    traffic: Traffic, late: list[bool], depth: int
) -> None:
    assert freed(traffic, late, depth) == stepped(traffic, late, depth)


@given(traffics, st.integers(1, 30))
def test_at_the_least_depth_a_stage_never_waits_for_a_decision(traffic: Traffic, samples: int) -> None:
    depth = least_depth(traffic)
    pending = traffic.interval + traffic.decision_latency
    unhindered = [n * traffic.pace + pending for n in range(samples)]
    assert freed(traffic, [False] * samples, depth) == unhindered


@given(traffics.filter(lambda traffic: least_depth(traffic) > 1 and not traffic.arrival))
def test_one_sample_less_makes_it_wait(traffic: Traffic) -> None:
    depth = least_depth(traffic) - 1
    pending = traffic.interval + traffic.decision_latency
    assert freed(traffic, [False] * (depth + 1), depth)[-1] > depth * traffic.interval + pending


@given(traffics, decisions, depths)
def test_no_depth_deadlocks_and_a_deeper_buffer_is_never_slower(
    traffic: Traffic, late: list[bool], depth: int
) -> None:
    shallow = freed(traffic, late, depth)
    deep = freed(traffic, late, depth + 1)
    assert all(a >= b for a, b in zip(shallow, deep, strict=True))


@given(traffics, decisions)
def test_the_unhindered_depth_is_the_first_that_delays_nobody(traffic: Traffic, late: list[bool]) -> None:
    depth = unhindered_depth(traffic, late)
    endless = stepped(traffic, late, len(late))
    assert stepped(traffic, late, depth) == endless
    assert depth == 1 or stepped(traffic, late, depth - 1) != endless


@given(st.lists(st.booleans(), max_size=30))
def test_the_longest_run_is_the_longest_run(late: list[bool]) -> None:
    text = "".join("L" if goes_on else " " for goes_on in late)
    assert longest_run(late) == max((len(run) for run in text.split()), default=0)


@given(st.floats(0.05, 3.0).filter(lambda load: abs(load - 1) > 1e-3), st.integers(1, 20))
def test_random_service_is_the_textbook_queue(load: float, depth: int) -> None:
    states = [load**n for n in range(depth + 1)]
    assert full_probability(load, depth, squared_variation=1) == pytest.approx(states[-1] / sum(states))


@given(st.integers(1, 20))
def test_a_load_of_one_is_the_limit_from_both_sides(depth: int) -> None:
    assert full_probability(1.0, depth) == pytest.approx(full_probability(1 + 1e-6, depth), rel=1e-3)
    assert full_probability(1.0, depth) == pytest.approx(full_probability(1 - 1e-6, depth), rel=1e-3)


def test_an_overloaded_buffer_is_as_fast_as_what_reads_it() -> None:
    traffic = Traffic(interval=100, decision_latency=50, late_interval=800)
    assert estimated_throughput(traffic, 0.5, depth=200) == pytest.approx(1 / (0.5 * 800))
    assert throughput(traffic, [True, False] * 2000, depth=200) == pytest.approx(1 / (0.5 * 800), rel=1e-3)


@given(traffics, decisions, depths)
def test_nothing_is_faster_than_its_stages(traffic: Traffic, late: list[bool], depth: int) -> None:
    busiest = max(len(late) * traffic.pace, sum(late) * traffic.late_interval)
    found = throughput(traffic, late, depth)
    assert found <= throughput(traffic, late, depth + 1) <= len(late) / busiest
    assert throughput(traffic, late, len(late)) == len(late) / busiest


def test_emptying_the_buffer_at_the_end_costs_nothing() -> None:
    """A last sample that goes on keeps its slot for long, which slows down no sample before it."""
    traffic = Traffic(interval=10, decision_latency=30, late_interval=1000)
    late = [False] * 199 + [True]
    assert throughput(traffic, late, depth=5) == 1 / 10
    assert sufficient_depth(traffic, late, 1.0) == least_depth(traffic) == 4


def test_a_buffer_without_a_place_is_refused() -> None:
    with pytest.raises(FpgaEeError, match="must hold at least 1"):
        stays(Traffic(1, 1, 1), [True], 0)
