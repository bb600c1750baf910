"""Layers after a conditional buffer as a pipeline: they read samples before they have finished them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import describe
from fpga_ee.hardware.design.machines import machines
from fpga_ee.hardware.diagram.diagram import Role
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.timing.pipeline import Machine, PipelineRun
from fpga_ee.hardware.timing.stages import Copies, Last

readies = st.lists(st.integers(0, 200), min_size=1, max_size=8).map(sorted)


@st.composite
def windows(draw: st.DrawFn, rows: int, pace: int) -> Machine:
    """A window over so many rows, with padding on both sides and room for two windows."""
    kernel = draw(st.integers(1, rows))
    padding = draw(st.integers(0, kernel - 1))
    tops = range(-padding, rows + padding - kernel + 1)
    frees = [*(min(max(top + 1, 0), rows) for top in tops[:-1]), rows]
    needs = [max(min(max(top + kernel, 1), rows), freed) for top, freed in zip(tops, frees, strict=True)]
    return Machine(draw(st.integers(1, pace)) * len(needs), 2 * kernel, needs, frees)


@st.composite
def lines(draw: st.DrawFn) -> list[Machine]:
    rows = draw(st.integers(1, 6))
    found = [Machine(draw(st.integers(1, 4)) * rows, 0, range(1, rows + 1), range(1, rows + 1))]
    for _ in range(draw(st.integers(1, 3))):
        found.append(draw(windows(rows, 12)))
        rows = len(found[-1].needs)
    return found


def stepped(line: Sequence[Machine], readies: Sequence[int]) -> list[int]:
    """The same line, cycle by cycle: machines work on a row of windows and give it when it is done."""
    came, freed, done = ([0] * len(line) for _ in range(3))
    left = [0] * len(line)
    read: list[int] = []
    time = 0
    while len(read) < len(readies):
        # From the end, so that what is freed now can be written now.
        for place in reversed(range(len(line))):
            left[place] -= 1
            if left[place] == 0:
                machine = line[place]
                sample, window = divmod(done[place], len(machine.needs))
                done[place] += 1
                freed[place] = sample * machine.rows + machine.frees[window]
                if place + 1 < len(line):
                    came[place + 1] += 1
                if place == 0 and window + 1 == len(machine.needs):
                    read.append(time)
        for place in reversed(range(len(line))):
            if left[place] > 0:
                continue
            machine = line[place]
            sample, window = divmod(done[place], len(machine.needs))
            if place == 0:
                enough = sample < len(readies) and readies[sample] <= time
            else:
                enough = came[place] >= sample * machine.rows + machine.needs[window]
            behind = place + 1
            room = behind == len(line) or came[behind] - freed[behind] < line[behind].held
            if enough and room:
                left[place] = machine.cycles // len(machine.needs)
        time += 1
    return read


@given(lines(), readies)
def test_the_line_is_that_of_a_simulation_cycle_by_cycle(line: list[Machine], readies: list[int]) -> None:
    playing = PipelineRun(line)
    assert [playing.read(ready) for ready in readies] == stepped(line, readies)


@given(lines(), readies, st.integers(1, 9))
def test_registers_delay_what_is_given_but_no_sample_behind_another(
    line: list[Machine], readies: list[int], delay: int
) -> None:
    playing, registered = PipelineRun(line), PipelineRun([replace(machine, delay=delay) for machine in line])
    later = [registered.read(ready) - playing.read(ready) for ready in readies]
    assert all(0 <= cycles <= delay * len(line) for cycles in later)


def test_a_copy_takes_its_sample_while_another_is_held_up() -> None:
    """The layer behind the one that reads holds one row, for a hundred cycles."""
    line = [Machine(1, 0, [1], [1]), Machine(100, 1, [1], [1])]
    alone, copies = Copies([Last(line)]), Copies([Last(line), Last(line)])
    assert [alone.read(0, 0) for _ in range(3)] == [1, 102, 203]
    assert [copies.read(0, 0) for _ in range(3)] == [1, 2, 102]


def test_cycles_that_rows_do_not_divide_are_not_lost() -> None:
    playing = PipelineRun([Machine(35, 0, range(1, 11), range(1, 11))])
    assert [playing.read(0) for _ in range(3)] == [35, 70, 105]


def test_a_vector_is_written_behind_the_one_that_is_read() -> None:
    """Sums leave in the last 4 of 40 cycles, into a queue that holds one vector, read in 40."""
    products = Machine(40, 0, [1], [1], silent=36)
    queue = Machine(40, 1, [1], [1], queue=True)
    playing = PipelineRun([products, queue])
    assert [playing.read(0) for _ in range(3)] == [40, 80, 120]
    # Where all room is free only when all is read, as in a window, the sums wait for that.
    window = PipelineRun([products, replace(queue, queue=False)])
    assert [window.read(0) for _ in range(3)] == [40, 84, 128]
    slow = PipelineRun([products, replace(queue, cycles=50)])
    read = [slow.read(0) for _ in range(9)]
    assert read[-1] - read[-2] == 50


def test_a_pooling_reads_on_while_its_results_wait() -> None:
    """Two rows of four results, each held for 10 cycles but read in 2, and room for one row."""
    writing = Machine(2, 0, [1, 2], [1, 2])
    pooling = Machine(80, 1, [1, 2], [1, 2], reading=16, results=8, waiting=2)
    assert pooling.ahead == 20

    def interval(machine: Machine) -> int:
        line = PipelineRun([writing, machine])
        read = [line.read(0) for _ in range(9)]
        return read[-1] - read[-2]

    assert interval(replace(pooling, reading=0)) == 82, "a row is written after the one before was taken"
    assert interval(pooling) == 80


def most_within(line: Sequence[Machine]) -> int:
    """Samples that a line holds at most: those in its rows, and one that each machine works on."""
    return sum(ceil(machine.held / machine.rows) + 1 for machine in line)


def until_full(line: Sequence[Machine]) -> int:
    """Samples that pass until nothing more fits in front of the slowest machine.

    It takes the less, the nearer the next slower machine before it comes to its pace.
    """
    cycles = [machine.cycles for machine in line]
    slowest = max(cycles)
    before = cycles[: cycles.index(slowest)]
    return ceil(most_within(line) * slowest / (slowest - max(before))) if before else 0


@given(lines())
def test_samples_that_wait_are_read_as_fast_as_the_slowest_layer_takes_them(line: list[Machine]) -> None:
    """This is exact once the pipeline is full. Until then reads are ahead by the samples that fit in it."""
    slowest = max(machine.cycles for machine in line)
    playing = PipelineRun(line)
    read = [playing.read(0) for _ in range(until_full(line) + 40)]
    assert read[-1] - read[-21] == 20 * slowest
    ahead = most_within(line) * slowest
    assert all(abs(time - number * slowest) <= ahead for number, time in enumerate(read))


def test_a_line_of_two_layers_nearly_as_slow_takes_long_to_fill() -> None:
    """The first gains a cycle a sample, and between them is room for two."""
    rows = range(1, 7)
    window = Machine(49, 12, [3, 4, 5, 6, 6, 6, 6], [0, 0, 0, 1, 2, 3, 6])
    playing = PipelineRun([Machine(6, 0, rows, rows), Machine(48, 2, rows, rows), window])
    read = [playing.read(0) for _ in range(101)]
    assert (read[40] - read[20], read[100] - read[80]) == (20 * 48, 20 * 49)


@given(lines(), readies)
def test_copies_take_samples_in_turn(line: list[Machine], readies: list[int]) -> None:
    alone, copies = Copies([Last(line)]), Copies([Last(line), Last(line)])
    read_alone, read_in_turn = ([each.read(ready, 0) for ready in readies] for each in (alone, copies))
    assert all(two <= one for one, two in zip(read_alone, read_in_turn, strict=True))
    assert all(before <= after for before, after in pairwise(read_in_turn))


def test_a_stage_is_as_slow_as_its_slowest_layer(exported: Path) -> None:
    foldings = {"backbone.1.0.layer.0": Folding(1, 2, 1, 5), "backbone.1.1.layer.0": Folding(1, 4, 1, 5)}
    diagram = describe(exported, Design(foldings)).diagram
    behind = [*diagram.first_copy(1, Role.BACKBONE), *diagram.first_copy(1, Role.EXIT)]
    line = PipelineRun(machines(behind))
    read = [line.read(0) for _ in range(40)]
    slowest = max(block.interval for block in behind)
    assert abs((read[-1] - read[-21]) / 20 - slowest) < 0.001 * slowest
    assert read[0] < 0.6 * slowest, "the window holds ten of sixteen rows"
