"""Where ways join, the line of machines follows the longest one."""

from dataclasses import replace

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.design.machines import longest_way, machines
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.addition import AdditionModule
from fpga_ee.hardware.library.max_pool import MaxPool
from fpga_ee.hardware.library.sliding_window import Geometry
from fpga_ee.hardware.library.stream_fifo import StreamFifo
from fpga_ee.hardware.library.stream_split import StreamSplit
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.window import Window

BYTE = FixedPoint(8, signed=False, frac=0)
IMAGE = FeatureMap(1, 8, 8, BYTE)


def stream(name: str) -> Stream:
    return Stream(name, 1, 8, signed=False, beats=64, stage=0)


def geometry(kernel: int) -> Geometry:
    window = Window((kernel, kernel), padding=(kernel // 2,) * 4)
    return window.geometry(IMAGE, IMAGE, 1, (kernel, kernel))


def pooling(name: str, entering: str, leaving: str, kernel: int) -> Block:
    module = MaxPool(1, 8, 0, geometry(kernel))
    return Block(name, module, {"in": stream(entering)}, {"out": stream(leaving)}, interval=64)


def queue(name: str, entering: str, leaving: str) -> Block:
    return Block(name, StreamFifo(8, 40), {"in": stream(entering)}, {"out": stream(leaving)})


def fork(name: str, entering: str, first: str, second: str) -> Block:
    leaving = {"a": stream(first), "b": stream(second)}
    return Block(name, StreamSplit(8), {"in": stream(entering)}, leaving)


def join(name: str, first: str, second: str, leaving: str) -> Block:
    module = AdditionModule(1, 8, 0, 0, 8, 0, 0, 8)
    return Block(name, module, {"a": stream(first), "b": stream(second)}, {"out": stream(leaving)})


def names(blocks: list[Block]) -> list[str]:
    return [step.block.name for step in longest_way(blocks)]


SHORTCUT = [
    fork("fork", "image", "to_pool", "to_queue"),
    queue("queue", "to_queue", "waiting"),
    pooling("pool", "to_pool", "pooled", 3),
]


def test_the_shortcut_is_left_out_whichever_comes_first() -> None:
    for summands in (("pooled", "waiting"), ("waiting", "pooled")):
        assert names([*SHORTCUT, join("join", *summands, "sums")]) == ["fork", "pool", "join"]


def test_of_two_windows_the_larger_one_is_the_longer_way() -> None:
    blocks = [
        fork("fork", "image", "to_one", "to_other"),
        pooling("small", "to_one", "one", 3),
        pooling("large", "to_other", "other", 5),
        join("join", "one", "other", "sums"),
    ]
    assert names(blocks) == ["fork", "large", "join"]


def test_a_join_behind_a_join_follows_the_longest_of_all_ways() -> None:
    inner = [*SHORTCUT, join("inner", "pooled", "waiting", "sums")]
    again = [fork("outer fork", "source", "image", "beside"), *inner, queue("outer queue", "beside", "late")]
    found = names([*again, join("outer", "late", "sums", "total")])
    assert found == ["outer fork", "fork", "pool", "inner", "outer"]


def test_a_slow_block_on_the_shorter_way_slows_the_line() -> None:
    fast = [*SHORTCUT, join("join", "pooled", "waiting", "sums")]
    slow = [replace(each, interval=300) if each.name == "queue" else each for each in fast]
    assert max(machine.cycles for machine in machines(fast)) == 64
    assert max(machine.cycles for machine in machines(slow)) == 300
    assert len(machines(slow)) == len(machines(fast))


def test_ids_that_wait_beside_a_stage_are_no_shorter_way() -> None:
    ids = Stream("ids", 1, 16, signed=False, beats=1, stage=0, has_last=False)
    split = Block("off", StreamSplit(8), {"in": stream("image")}, {"a": stream("to_pool"), "b": ids})
    on = Block("on", StreamSplit(8), {"in": stream("pooled"), "id": ids}, {"out": stream("results")})
    assert names([split, pooling("pool", "to_pool", "pooled", 3), on]) == ["off", "pool", "on"]
