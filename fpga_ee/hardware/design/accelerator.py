"""From a hardware graph and its foldings to the block diagram of the accelerator."""

from collections.abc import Sequence

from fpga_ee.hardware.design import foldings
from fpga_ee.hardware.design.foldings import Plan
from fpga_ee.hardware.diagram.copies import add_copies, entry_lanes, waiting
from fpga_ee.hardware.diagram.diagram import BACKBONE, Diagram, Stream
from fpga_ee.hardware.diagram.drawing import Drawing
from fpga_ee.hardware.network.as_built import as_built
from fpga_ee.hardware.network.exits import early_exit, ids_apart, merge, with_ids
from fpga_ee.hardware.network.graph import HardwareGraph
from fpga_ee.hardware.network.layers import chain
from fpga_ee.hardware.network.tables import DecisionTables


def accelerator(graph: HardwareGraph, plan: Plan, tables: Sequence[DecisionTables]) -> Diagram:
    """Connect the modules of the library into a network.

    Args:
        graph: The network, with integer weights.
        plan: How it is folded.
        tables: Tables of every exit but the last.

    Raises:
        FpgaEeError: The library cannot build the network or the folding.
    """
    foldings.check(graph, plan)
    names = graph.identifiers
    graph = as_built(graph)
    drawing = Drawing(plan, names)
    lanes, image = entry_lanes(graph, plan), graph.input
    beats = image.words // lanes
    entering = Stream("image", lanes, image.format.bits, image.format.signed, beats, 0, has_id=True)
    current = entering
    results = []
    for index, stage in enumerate(graph.stages):
        copies = plan.copies_of(index)
        part = Drawing(plan, names)
        part.open(f"Stage {index}", BACKBONE)
        alone = ids_apart(part, current)
        words = chain(part, stage.backbone, alone if copies == 1 else waiting(part, alone))
        if stage.decision is None:
            part.open(f"Exit {index}")
            leaving = [with_ids(part, part.in_lanes(chain(part, stage.exit, words), 1))]
        else:
            leaving = [*early_exit(part, stage, tables[index], words)]
        result, *late = add_copies(drawing, part, copies, current, leaving)
        results.append(result)
        current = late[0] if late else current
    drawing.open("Results")
    answers = merge(drawing, results, graph.stages[-1].exit[-1].output)
    return Diagram(
        graph.name, tuple(drawing.sections), entering, answers, drawing.memories, drawing.constants
    )
