"""Resources of a diagram's blocks: their memories and constants are read, and copies are counted."""

from dataclasses import replace

import pytest
from helpers.area_cases import PRODUCTS, linear

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.area.model import diagram_area, inner_areas, module_area, own_area
from fpga_ee.hardware.area.sweep import Case, Drawn
from fpga_ee.hardware.diagram.diagram import Block, Diagram, Role, Section
from fpga_ee.hardware.diagram.module import LibraryModule, tree
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.diagram.verilog import TOP
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.families import MODELLED, modelled_family_of
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.families.xcup import FAMILY as ULTRASCALE_PLUS
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.library.exit_decision_top1 import ExitDecisionTop1
from fpga_ee.hardware.library.stream_skid import StreamSkid
from fpga_ee.hardware.memory_image import Image

STREAM = Stream("a", 1, 8, signed=False, beats=4, stage=0)


def block_of(module: LibraryModule) -> Block:
    return Block("l", module, {"in": STREAM}, {"out": STREAM})


def diagram_of(*blocks: Block) -> Diagram:
    return Diagram("net", (Section(0, Role.BACKBONE, blocks),), STREAM, STREAM, 16, ())


def constant_case() -> Case:
    """All products of a vector at once, by constants."""
    drawn = {"CONSTANT_WEIGHTS": Drawn(1, 12, 7, 10, 3), "BIAS": Drawn(1, 3, 20, 200, 4)}
    return Case("linear", {"WORDS": 4, "LANES": 3, "BEATS": 1, "FOLDS": 1} | PRODUCTS, drawn)


@pytest.mark.parametrize("case", [linear(4, 3, 7), constant_case()], ids=["memory", "constants"])
def test_a_module_takes_what_it_and_the_modules_inside_of_it_take(case: Case) -> None:
    module = case.made()
    inner = [(it.NAME, own_area(it, SERIES_7) * count) for it, count in tree(module, SERIES_7)]
    assert module_area(module, SERIES_7) == sum((takes for _, takes in inner), Resources())
    areas = inner_areas(module, SERIES_7)
    assert areas.keys() == {name for name, _ in inner}
    assert sum(areas.values(), Resources()) == module_area(module, SERIES_7)


def test_wider_multipliers_of_ultrascale_plus_are_those_of_its_blocks() -> None:
    """Two filters of 8 bits share a multiplier of 27 bits, but none of 25."""
    case = linear(4, 2, 7)
    wide = replace(
        case,
        parameters=case.parameters | {"WEIGHT_BITS": 8, "IN_BITS": 9},
        drawn={**case.drawn, "WEIGHTS": replace(case.drawn["WEIGHTS"], bits=8)},
    )
    takes = [module_area(wide.made(), family) for family in (SERIES_7, ULTRASCALE_PLUS)]
    assert [area.dsp for area in takes] == [8, 4]


def test_a_module_that_is_there_several_times_is_counted_so_often() -> None:
    module = linear(4, 3, 7).made()
    once = inner_areas(module, SERIES_7)
    block = block_of(module)
    sections = (Section(0, Role.BACKBONE, (block, block)), Section(0, Role.EXIT, (block,)))
    areas = diagram_area(Diagram("net", sections, STREAM, STREAM, 16, ()), SERIES_7)
    assert areas == {TOP: Resources()} | {name: takes * 3 for name, takes in once.items()}


def test_blocks_of_other_sizes_or_constants_are_not_the_same() -> None:
    narrow, wide = (block_of(StreamSkid(width=width)) for width in (8, 16))
    areas = diagram_area(diagram_of(narrow, wide), SERIES_7)
    assert areas["stream_skid"] == Resources(11, 10) + Resources(19, 18)
    module = constant_case().made()
    # Constants are told apart by their names, of which each is there once.
    nothing = replace(module, weights=replace(module.weights, name="nothing", value=0))
    areas = diagram_area(diagram_of(block_of(module), block_of(nothing)), SERIES_7)
    each = [inner_areas(it, SERIES_7)["constant_products"] for it in (module, nothing)]
    assert each[0] != each[1]
    assert areas["constant_products"] == each[0] + each[1]


def test_a_threshold_that_can_be_written_is_compared_once_for_all_copies() -> None:
    top1, entropy = (block_of(decision) for decision in decisions(classes=7))
    assert diagram_area(diagram_of(top1, top1), SERIES_7)[TOP] == Resources(lut=3)
    assert diagram_area(diagram_of(top1, entropy), SERIES_7)[TOP] == Resources(lut=6)
    assert module_area(top1.module, SERIES_7) == sum(
        inner_areas(top1.module, SERIES_7).values(), Resources(lut=3)
    )


def test_a_boards_part_tells_its_family() -> None:
    assert modelled_family_of(boards.load("zc706")) is MODELLED["xc7"] is SERIES_7
    assert modelled_family_of(boards.load("zcu104")) is MODELLED["xcup"] is ULTRASCALE_PLUS


def test_a_board_of_another_family_is_refused_by_its_part() -> None:
    with pytest.raises(FpgaEeError, match="which our resource model does not know"):
        modelled_family_of(boards.load("ecp5-85f"))


def decisions(classes: int) -> tuple[ExitDecisionTop1, ExitDecisionEntropy]:
    table = Image("table.hex", 17, tuple(range(16)))
    sizes = {"bits": 16, "classes": classes, "id_bits": 16, "entries": 16, "table_bits": 17}
    return (
        ExitDecisionTop1(**sizes, exponentials=table, bound=1),
        ExitDecisionEntropy(
            **sizes,
            exponentials=table,
            shift=1,
            bound_entries=16,
            weighted=table,
            bounds=Image("bounds.hex", 32, tuple(range(16))),
        ),
    )


@pytest.mark.parametrize(("rule", "sums"), [(0, 1), (1, 2)], ids=["top1", "entropy"])
def test_a_sum_over_eight_classes_has_a_bit_more_than_one_over_seven(rule: int, sums: int) -> None:
    """Sums go up to the classes themselves, each as large as a table's 1."""
    seven, eight, nine = (decisions(classes)[rule].terms(SERIES_7) for classes in (7, 8, 9))
    assert (eight.ff - seven.ff, nine.ff - eight.ff) == (sums, 0)
    assert (eight.fitted["sum"] - seven.fitted["sum"], nine.fitted["sum"] - eight.fitted["sum"]) == (1, 0)
