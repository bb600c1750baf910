"""Exit decision: does a sample leave here, or go on?"""

from collections.abc import Callable, Mapping

from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.module import Module
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.library.exit_decision_top1 import ExitDecisionTop1
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.exits.buffer import waiting_logits
from fpga_ee.hardware.network.exits.sample_ids import waiting_ids
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.network.packing import table_image
from fpga_ee.hardware.network.tables import DecisionTables
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

BOUND_BITS = 32
"""Bits of a bound, which can be written at run time."""


def judged(
    drawing: Drawing, decision: Decision, tables: DecisionTables, logits: Stream
) -> tuple[Stream, Stream]:
    """Decide; the logits of samples that leave, and the verdicts for the feature maps."""
    index = logits.stage
    ours, kept = drawing.split(logits, f"logits_{index}_split", f"judge_{index}", f"logits_{index}")
    verdict = _verdict(drawing, decision, tables, ours)
    drop, take = drawing.split(
        drawing.skid(verdict, f"verdict_{index}"),
        f"verdict_{index}_split",
        f"verdict_{index}_map",
        f"verdict_{index}_logits",
    )
    return waiting_logits(drawing, kept, take), drop


def decision_module(decision: Decision, tables: DecisionTables, logits: Stream) -> Module:
    """The module of a decision's rule."""
    return _MODULES[decision.criterion](decision, tables, logits)


def verdicts(base: str, stage: int) -> Stream:
    """A stream of verdicts: a sample's ID, and whether it leaves."""
    return Stream(base, 1, SAMPLE_ID_BITS + 1, False, 1, stage, has_last=False)


def _verdict(drawing: Drawing, decision: Decision, tables: DecisionTables, logits: Stream) -> Stream:
    index = logits.stage
    verdict = verdicts(f"verdict_{index}_fresh", index)
    module = decision_module(decision, tables, logits)
    ports = {"bound_write": f"cfg_valid && cfg_exit == {index}", "bound_data": "cfg_data"}
    if tables.weighted is not None:
        ports["bound_address"] = "cfg_address"
    drawing.add(
        Block(
            f"decision_{index}",
            module,
            {"in": logits, "id": waiting_ids(index)},
            {"out": verdict},
            ports,
            note="leave here, or go on?",
            interval=module.sample_interval(logits.beats),
        )
    )
    return verdict


def _top1(decision: Decision, tables: DecisionTables, logits: Stream) -> Module:
    table_bits = int(tables.exponentials.max()).bit_length()
    return ExitDecisionTop1(
        bits=logits.bits,
        classes=decision.input.channels,
        id_bits=SAMPLE_ID_BITS,
        entries=len(tables.exponentials),
        table_bits=table_bits,
        exponentials=table_image(
            f"decision_{logits.stage}.exponentials.hex", tables.exponentials, table_bits
        ),
        bound=int(tables.bounds[0]),
    )


def _entropy(decision: Decision, tables: DecisionTables, logits: Stream) -> Module:
    assert tables.weighted is not None  # noqa: S101 - the rule has such a table
    table_bits = int(max(tables.exponentials.max(), tables.weighted.max())).bit_length()
    of = f"decision_{logits.stage}"
    return ExitDecisionEntropy(
        bits=logits.bits,
        classes=decision.input.channels,
        id_bits=SAMPLE_ID_BITS,
        entries=len(tables.exponentials),
        table_bits=table_bits,
        exponentials=table_image(f"{of}.exponentials.hex", tables.exponentials, table_bits),
        shift=tables.shift,
        bound_entries=len(tables.bounds),
        weighted=table_image(f"{of}.weighted.hex", tables.weighted, table_bits),
        bounds=table_image(f"{of}.bounds.hex", tables.bounds, BOUND_BITS),
    )


_MODULES: Mapping[str, Callable[[Decision, DecisionTables, Stream], Module]] = {
    "top1": _top1,
    "entropy": _entropy,
}
