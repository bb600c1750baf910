"""Block diagrams: copies of blocks and streams, and who gives and reads a stream."""

from collections.abc import Iterator

from fpga_ee.hardware.diagram.diagram import Block, Diagram, Ports, Role, Section
from fpga_ee.hardware.diagram.module import LibraryModule, constants, images, parameters, tree
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.library.exit_merge import ExitMerge
from fpga_ee.hardware.library.linear import LinearModule
from fpga_ee.hardware.library.max_pool import MaxPool
from fpga_ee.hardware.library.sliding_window import Geometry
from fpga_ee.hardware.library.stream_skid import StreamSkid
from fpga_ee.hardware.memory_image import Image, TopConstant

SKID = StreamSkid(width=16)
MERGE = ExitMerge(exits=2, bits=16, classes=3, id_bits=16, label_bits=8, exit_bits=8)


def stream(base: str, stage: int = 0) -> Stream:
    return Stream(base, lanes=2, bits=8, signed=False, beats=3, stage=stage)


def skid(name: str, entering: Stream, leaving: Stream, module: LibraryModule = SKID) -> Block:
    return Block(name, module, {"in": entering}, {"out": leaving})


A, B, C, D = (stream(name) for name in "abcd")


class TestStream:
    def test_a_beat_is_its_words_beside_each_other_and_a_sample_all_of_its_beats(self) -> None:
        assert (A.width, A.words) == (16, 6)

    def test_in_a_copy_it_has_the_copys_number_in_its_name(self) -> None:
        assert [A.in_copy(copy).name for copy in range(2)] == ["a_copy_0", "a_copy_1"]
        assert (A.name, A.in_copy(1).base) == ("a", "a")


class TestBlock:
    def test_a_copy_reads_and_gives_the_streams_of_its_copy(self) -> None:
        block = skid("first", A, B).in_copy(1, copies=3)
        assert (block.name, block.base, block.copy, block.copies) == ("first_copy_1", "first", 1, 3)
        assert (block.read, block.given) == ([A.in_copy(1)], [B.in_copy(1)])

    def test_so_do_ports_of_several_streams(self) -> None:
        merge = Block("merge", MERGE, {"in": Ports((A, B))}, {"out": C}).in_copy(0, copies=2)
        assert merge.read == [A.in_copy(0), B.in_copy(0)]

    def test_it_works_on_the_first_stream_that_it_reads(self) -> None:
        assert Block("merge", MERGE, {"in": Ports((B, A))}, {"out": C}).entering == B


class TestSection:
    def test_its_heading_tells_stage_copy_and_role(self) -> None:
        section = Section(1, Role.EXIT, (skid("first", A, B),))
        assert section.title == "Stage 1: exit"
        copied = section.in_copy(0, copies=2)
        assert copied.title == "Stage 1, copy 0: exit"
        assert [block.name for block in copied.blocks] == ["first_copy_0"]


def diagram(*sections: Section) -> Diagram:
    return Diagram("net", sections, A, D, 16, ())


class TestDiagram:
    def test_streams_come_once_in_the_order_that_samples_pass_them(self) -> None:
        blocks = skid("first", A, B), skid("second", B, C), skid("third", C, D)
        assert diagram(Section(0, Role.BACKBONE, blocks)).streams == [A, B, C, D]

    def test_who_gives_and_who_reads_a_stream(self) -> None:
        whole = diagram(Section(0, Role.BACKBONE, (skid("first", A, B), skid("second", B, D))))
        assert [(whole.source(each), whole.reader(each)) for each in (A, B, D)] == [
            ("input", "first"),
            ("first", "second"),
            ("second", "output"),
        ]

    def test_the_first_copy_of_a_role_stands_for_all(self) -> None:
        backbone = Section(0, Role.BACKBONE, (skid("first", A, B),))
        copies = [backbone.in_copy(copy, copies=2) for copy in range(2)]
        behind = Section(1, Role.BACKBONE, (skid("second", B, D),))
        whole = diagram(*copies, behind)
        assert whole.first_copy(0, Role.BACKBONE) == list(copies[0].blocks)
        assert whole.first_copy(1, Role.BACKBONE) == list(behind.blocks)
        assert whole.first_copy(1, Role.EXIT) == []

    def test_it_has_the_images_and_constants_of_its_modules_and_copies_share_theirs(self) -> None:
        bias, weights = Image("bias.hex", 8, (1,)), TopConstant("weights", 8, 3)
        section = Section(0, Role.BACKBONE, (skid("sums", A, B, product(bias, weights)),))
        whole = diagram(*(section.in_copy(copy, copies=2) for copy in range(2)))
        assert whole.images == {"bias.hex": bias}
        assert whole.constants == {"weights": weights}


def product(bias: Image, weights: Image | TopConstant) -> LinearModule:
    sizes = {"words": 1, "lanes": 1, "beats": 1, "folds": 1, "in_bits": 8, "in_signed": 0}
    return LinearModule(**sizes, weight_bits=8, sum_bits=16, bias=bias, weights=weights)


class TestModule:
    def test_its_parameters_have_their_names_in_systemverilog_in_the_order_of_its_fields(self) -> None:
        assert list(parameters(MERGE)) == ["EXITS", "BITS", "CLASSES", "ID_BITS", "LABEL_BITS", "EXIT_BITS"]

    def test_those_of_a_window_stand_in_its_place(self) -> None:
        sizes = dict.fromkeys(Geometry.__dataclass_fields__, 2)
        found = parameters(MaxPool(lanes=1, bits=8, signed=0, window=Geometry(**sizes)))
        assert list(found) == ["LANES", "BITS", "SIGNED", *(name.upper() for name in sizes)]

    def test_weights_are_a_memory_or_a_constant_each_under_its_own_name(self) -> None:
        bias, lines, constant = Image("b.hex", 8, (1,)), Image("w.hex", 8, (1,)), TopConstant("w", 8, 1)
        with_lines, with_constant = product(bias, lines), product(bias, constant)
        assert parameters(with_lines)["WEIGHTS"] == lines
        assert "CONSTANT_WEIGHTS" not in parameters(with_lines)
        assert parameters(with_constant)["CONSTANT_WEIGHTS"] == constant
        assert "WEIGHTS" not in parameters(with_constant)
        assert (images(with_lines), constants(with_lines)) == ([bias, lines], [])
        assert (images(with_constant), constants(with_constant)) == ([bias], [constant])

    def test_modules_deep_inside_are_as_often_there_as_all_around_them_together(self) -> None:
        class Two:
            """A module with two merges inside."""

            def inside(self, _family: Family) -> Iterator[tuple[LibraryModule, int]]:
                yield MERGE, 2

        two = Two()
        (own, once), (merge, twice), *choices = tree(two, SERIES_7)
        assert (own, once, merge, twice) == (two, 1, MERGE, 2)
        assert [count for _, count in choices] == [2, 2, 2 * 2]
