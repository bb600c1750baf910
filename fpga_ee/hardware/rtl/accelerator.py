"""From a hardware graph and its foldings to the block diagram of the accelerator."""

from collections.abc import Sequence

from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.graph import HardwareGraph
from fpga_ee.hardware.rtl import foldings
from fpga_ee.hardware.rtl.diagram import Diagram, Stream
from fpga_ee.hardware.rtl.drawing import Drawing
from fpga_ee.hardware.rtl.exits import early_exit, ids_apart, merge, with_ids
from fpga_ee.hardware.rtl.foldings import Plan
from fpga_ee.hardware.rtl.layers import chain
from fpga_ee.hardware.rtl.tables import DecisionTables


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
    drawing = Drawing(plan)
    lanes = plan.foldings.get(graph.stages[0].backbone[0].name, Folding()).streams_in
    image = graph.input
    beats = image.words // lanes
    entering = Stream("image", lanes, image.format.bits, image.format.signed, beats, 0, has_id=True)
    current = entering
    results = []
    for index, stage in enumerate(graph.stages):
        drawing.open(f"Stage {index}: backbone")
        current = ids_apart(drawing, current)
        current = chain(drawing, stage.backbone, current)
        if stage.decision is None:
            drawing.open(f"Exit {index}")
            logits = drawing.narrowed(chain(drawing, stage.exit, current), 1)
            results.append(with_ids(drawing, logits))
        else:
            result, current = early_exit(drawing, stage, tables[index], current)
            results.append(result)
    drawing.open("Results")
    leaving = merge(drawing, results, graph.stages[-1].exit[-1].output)
    return Diagram(graph.name, tuple(drawing.sections), entering, leaving, drawing.memories)
