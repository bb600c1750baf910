"""Blocks of a diagram as the machines of a line, and how many cycles a sample all blocks take."""

from dataclasses import replace

import pytest

from fpga_ee.hardware.design.machines import machines
from fpga_ee.hardware.design.throughput import SETTLING, loads, mean_interval
from fpga_ee.hardware.diagram.diagram import Block, Diagram, Role, Section
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.convolution import ConvolutionModule
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.library.exit_decision_top1 import ExitDecisionTop1
from fpga_ee.hardware.library.exit_merge import ExitMerge
from fpga_ee.hardware.library.linear import LinearModule
from fpga_ee.hardware.library.max_pool import MaxPool
from fpga_ee.hardware.library.requantise import RequantiseModule
from fpga_ee.hardware.library.sliding_window import Geometry
from fpga_ee.hardware.library.stream_fifo import StreamFifo
from fpga_ee.hardware.library.stream_narrow import StreamNarrow
from fpga_ee.hardware.library.stream_split import StreamSplit
from fpga_ee.hardware.library.stream_widen import StreamWiden
from fpga_ee.hardware.memory_image import Image
from fpga_ee.hardware.timing.pipeline import Beats, End, Machine, PipelineRun, stations


def stream(beats: int, stage: int = 1, *, has_last: bool = True) -> Stream:
    return Stream(f"of {beats}", 1, 8, signed=False, beats=beats, stage=stage, has_last=has_last)


def block(module: LibraryModule, entering: Stream, leaving: Stream, interval: int = 0) -> Block:
    return Block("block", module, {"in": entering}, {"out": leaving}, interval=interval)


MEMORY = Image("memory.hex", 1, (0,))
"""A memory whose content does not matter."""


def convolution() -> Block:
    """3 x 3 windows of one row and column of padding over 6 rows; three taps of two words at a time."""
    window = Geometry(
        groups=2,
        rows=6,
        cols=6,
        kernel_rows=3,
        kernel_cols=3,
        stride_rows=1,
        stride_cols=1,
        pad_top=1,
        pad_left=1,
        out_rows=6,
        out_cols=6,
        bank_rows=1,
        bank_cols=3,
        slots=6,
    )
    module = ConvolutionModule(
        lanes_in=2,
        lanes_out=1,
        window=window,
        folds=4,
        in_bits=8,
        in_signed=0,
        weight_bits=7,
        sum_bits=20,
        bias=MEMORY,
        weights=MEMORY,
    )
    return block(module, stream(72), stream(72))


def pooling() -> Block:
    """2 x 2 windows over 6 rows, a row of a window at a time."""
    window = Geometry(
        groups=2,
        rows=6,
        cols=6,
        kernel_rows=2,
        kernel_cols=2,
        stride_rows=2,
        stride_cols=2,
        pad_top=0,
        pad_left=0,
        out_rows=3,
        out_cols=3,
        bank_rows=1,
        bank_cols=2,
        slots=4,
    )
    return block(MaxPool(lanes=1, bits=8, signed=0, window=window), stream(72), stream(18))


def linear(beats: int, folds: int, entering: Stream) -> Block:
    """Vectors of so many beats of 4 words, each beat held for so many folds."""
    module = LinearModule(
        words=4,
        lanes=1,
        beats=beats,
        folds=folds,
        in_bits=8,
        in_signed=0,
        weight_bits=7,
        sum_bits=20,
        bias=MEMORY,
        weights=MEMORY,
    )
    return block(module, entering, stream(entering.beats // beats * folds))


def queue(entering: Stream, depth: int) -> Block:
    return block(StreamFifo(width=8, depth=depth), entering, entering)


TABLES = {"bits": 16, "classes": 10, "id_bits": 16, "entries": 1, "table_bits": 1, "exponentials": MEMORY}
TOP1 = ExitDecisionTop1(**TABLES, bound=0)
ENTROPY = ExitDecisionEntropy(**TABLES, shift=0, bound_entries=1, weighted=MEMORY, bounds=MEMORY)
REQUANTISE = RequantiseModule(lanes=1, in_bits=20, out_bits=8, shift=7, low=0, high=255)


def test_a_convolution_waits_for_its_window_and_gives_its_sums_with_the_last_tap() -> None:
    writing, window = machines([convolution()])
    # Rows come no faster than they are written, one beat a cycle.
    assert writing == Machine(72, 0, range(1, 7), range(1, 7))
    assert (list(window.needs), list(window.frees)) == ([2, 3, 4, 5, 6, 6], [0, 1, 2, 3, 4, 6])
    # 36 windows of 2 groups of 3 beats, each for 4 folds; its sums leave while the last of 6 beats is held.
    assert (window.cycles, window.silent, window.held) == (36 * 2 * 3 * 4, (2 * 3 - 1) * 4, 6)
    # Four for the window, four for sums, and three for the tree over six words.
    assert window.delay == 4 + 4 + 3
    assert (window.reading, window.ahead, window.queue, window.rows) == (0, 0, False, 6)


def test_a_pooling_reads_on_while_two_results_wait() -> None:
    _, window = machines([pooling()])
    assert (list(window.needs), list(window.frees)) == ([2, 4, 6], [2, 4, 6])
    # Nine windows of two groups, in two beats each.
    assert (window.cycles, window.results, window.reading) == (36, 18, 36)
    assert (window.silent, window.delay, window.held) == (2 - 1, 4 + 3, 4)
    assert window.ahead == 0, "nothing waits where results are taken at once"
    assert window.at_least(90).ahead == 2 * 90 // 18, "two of eighteen results wait"
    assert window.at_least(37).ahead == 0, "one cycle to spare is none for each of three rows"
    assert window.at_least(20) == window, "no reader makes it faster"


def test_a_product_without_a_window_is_as_slow_as_what_it_reads() -> None:
    """8 beats of a vector come at once and are held for 3 folds: sums leave in the last 3 of 24 cycles."""
    (vector,) = machines([linear(8, 3, stream(8))])
    assert vector == Machine(24, 0, range(1, 2), range(1, 2), delay=4 + 2, silent=24 - 3)


def test_products_of_positions_leave_one_after_another() -> None:
    """Behind a window, positions of 2 beats, each held for 5 folds: the first sums leave with the second."""
    *_, window = machines([convolution(), linear(2, 5, stream(72))])
    alone = machines([convolution()])[-1]
    assert window.cycles == max(alone.cycles, 360)
    assert window.silent == alone.silent + (2 - 1) * 5
    assert window.delay == alone.delay + 4 + 2


def test_a_slow_product_slows_what_makes_its_input() -> None:
    *_, window = machines([convolution(), linear(2, 50, stream(72))])
    assert window.cycles == 3600


def test_a_vector_is_gathered_from_all_rows() -> None:
    """Its 72 beats are held for 13 cycles each. A queue behind it holds vectors, and no rows."""
    *_, window, vectors = machines([convolution(), linear(72, 13, stream(72)), queue(stream(13), 26)])
    assert window.cycles == 72 * 13
    assert window.silent == 72 * 13 // 6 - 13
    assert (vectors.held, vectors.rows, vectors.queue, vectors.delay) == (26 // 13, 1, True, 2)


def test_a_queue_counts_by_the_whole_rows_that_it_holds() -> None:
    def behind(depth: int, *, has_last: bool = True) -> tuple[Machine, ...]:
        return machines([convolution(), queue(stream(72, has_last=has_last), depth)])[2:]

    # A row is 12 of 72 beats.
    assert [machine.held for machine in behind(12)] == [1]
    assert [machine.held for machine in behind(35)] == [2]
    assert behind(11) == ()
    assert behind(24, has_last=False) == ()
    assert behind(24)[0] == Machine(72, 2, range(1, 7), range(1, 7), delay=2, queue=True)


@pytest.mark.parametrize(
    ("module", "delay"),
    [
        (REQUANTISE, 3),
        (StreamFifo(width=8, depth=1), 2),
        (StreamWiden(width=8, factor=2), 1),
        (StreamNarrow(width=8, factor=2), 1),
        (TOP1, 15),
        (ENTROPY, 16),
        (StreamSplit(width=8), 0),
    ],
    ids=lambda module: getattr(module, "NAME", None),
)
def test_what_holds_no_rows_only_delays_them(module: LibraryModule, delay: int) -> None:
    (machine,) = machines([block(module, stream(6), stream(6))])
    assert machine == Machine(6, 0, range(1, 2), range(1, 2), delay=delay)


def test_delays_of_blocks_behind_each_other_add_up_and_the_most_beats_count() -> None:
    path = [
        block(REQUANTISE, stream(6), stream(6)),
        block(StreamNarrow(width=8, factor=4), stream(6), stream(24)),
        block(StreamWiden(width=8, factor=3), stream(24), stream(8)),
    ]
    assert machines(path) == (Machine(24, 0, range(1, 2), range(1, 2), delay=5),)


class Taker:
    """Takes rows of a sample, with room for each from a cycle on, and notes when they come."""

    def __init__(self, rows: int, room: Beats) -> None:
        self.rows, self.room = rows, room
        self.came: list[Beats] = []

    def take(self, row: Beats) -> None:
        self.came.append(row)


def test_a_machine_gives_rows_when_there_is_room_for_them() -> None:
    """Ten cycles a row, of which four are silent, and three in registers: room is needed seven later."""
    machine = Machine(20, 0, [1, 2], [1, 2], delay=3, silent=4)
    taker = Taker(2, Beats(0, 0))
    station = stations([machine], taker)
    station.take(Beats(5, 6))
    assert taker.came == [Beats(6 + 7, 6 + 10 + 3)]
    taker.room = Beats(100, 100)
    station.take(Beats(5, 6))
    assert (station.begun, station.done) == (93, 103)
    assert taker.came[1] == Beats(100, 106)
    taker.room = Beats(100, 200)
    station.take(Beats(5, 6))
    assert station.done + machine.delay == 200, "room for the last beat comes late"


def test_of_a_vector_one_row_is_given_with_the_last_windows() -> None:
    taker = Taker(1, Beats(0, 0))
    station = stations([Machine(21, 0, [1, 2, 3], [1, 2, 3])], taker)
    for _ in range(6):
        station.take(Beats(0, 0))
    assert taker.came == [Beats(14, 21), Beats(35, 42)]


def test_a_row_is_done_no_sooner_than_it_has_come() -> None:
    station = stations([Machine(1, 1, [1], [1], queue=True)], Taker(1, Beats(0, 0)))
    station.take(Beats(10, 50))
    assert (station.begun, station.done, station.room) == (10, 50, Beats(10, 50))


def test_a_place_of_a_window_is_free_when_all_of_it_is_read_of_a_queue_beat_by_beat() -> None:
    window = stations([Machine(9, 2, [1], [1])], Taker(1, Beats(0, 0)))
    window.take(Beats(10, 12))
    assert window.room == Beats(0, 0), "the other place has always been free"
    window.take(Beats(10, 12))
    assert window.room == Beats(21, 21)
    queue = stations([Machine(9, 1, [1], [1], queue=True)], Taker(1, Beats(0, 0)))
    queue.take(Beats(10, 12))
    assert queue.room == Beats(10, 19)


def test_what_holds_no_rows_has_always_room() -> None:
    entry = stations([Machine(9, 0, [1], [1])], Taker(1, Beats(0, 0)))
    entry.take(Beats(10, 12))
    assert entry.room == Beats(0, 0)


def test_a_line_tells_when_a_sample_was_begun_and_when_it_was_read() -> None:
    line = PipelineRun([Machine(30, 0, [1, 2, 3], [1, 2, 3])])
    assert line.begun == 0
    assert (line.read(7), line.begun) == (37, 7)
    assert (line.read(7), line.begun) == (67, 37)


def test_the_first_samples_only_fill_the_pipeline() -> None:
    entered = [*range(SETTLING), 100, 110, 130]
    assert mean_interval(entered) == 15
    assert mean_interval(entered[: SETTLING + 1]) is None


def loads_of(*sections: Section) -> list[float]:
    """Cycles a sample of every block, where two of four samples are late."""
    diagram = Diagram("net", sections, stream(4, stage=0), stream(4, stage=1), 16, ())
    return [*loads(diagram, [0, 1, 0, 1])]


MERGE = ExitMerge(exits=2, bits=16, classes=10, id_bits=16, label_bits=8, exit_bits=8)
SPLIT = StreamSplit(width=8)


def test_every_sample_passes_the_merge_but_only_late_ones_the_later_stages() -> None:
    early, late = stream(4, stage=0), stream(4, stage=1)
    # The first result that it reads may be one of any exit.
    for result in (early, late):
        assert loads_of(Section(1, Role.MERGE, (block(MERGE, result, result, interval=11),))) == [11]
    first, second = (block(SPLIT, each, each, interval=120) for each in (early, late))
    assert loads_of(Section(0, Role.BACKBONE, (first,)), Section(1, Role.BACKBONE, (second,))) == [120, 60]


def test_in_the_long_run_a_sample_takes_what_the_busiest_block_takes() -> None:
    """A merge of 11 cycles for all, three copies of a block of 120 for each second sample."""
    second = stream(4, stage=1)
    merge = block(MERGE, second, second, interval=11)
    late = replace(block(SPLIT, second, second, interval=120), copies=3)
    sections = Section(1, Role.BACKBONE, (late,)), Section(1, Role.MERGE, (merge,))
    assert loads_of(*sections) == [120 / 2 / 3, 11]


def test_cycles_of_machines_are_whole_numbers() -> None:
    found = machines([convolution(), linear(2, 5, stream(72)), queue(stream(360), 120), pooling()])
    for machine in [*found, *machines([linear(8, 3, stream(8))])]:
        numbers = [machine.cycles, machine.held, machine.delay, machine.silent, machine.reading]
        numbers += [machine.results, machine.at_least(1000).ahead, *machine.needs, *machine.frees]
        assert {type(number) for number in numbers} == {int}


def test_an_end_has_always_room_and_tells_when_the_last_row_came() -> None:
    end = End()
    assert end.time == 0
    end.take(Beats(3, 5))
    assert (end.rows, end.room, end.time) == (1, Beats(0, 0), 5)
