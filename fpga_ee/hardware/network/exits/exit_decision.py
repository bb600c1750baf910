"""Exit decision: decides whether a sample leaves at this exit."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self, cast

from fpga_ee.artifacts.rules.criterion import IntegerRule
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware import library
from fpga_ee.hardware.diagram.diagram import Block
from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.drawing import Drawing
from fpga_ee.hardware.network.exits.buffer import waiting_logits
from fpga_ee.hardware.network.exits.waiting_ids import waiting_ids
from fpga_ee.hardware.network.graph import Decision
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS


class DecisionModule(LibraryModule, Protocol):
    """A module that decides by the integer rule of a criterion."""

    CRITERION: ClassVar[str]
    """Name of the criterion."""

    BOUND_ADDRESSED: ClassVar[bool]
    """True where the bound is a table, so that a write needs an address."""

    @classmethod
    def of_rule(cls, rule: Any, logits: Stream, classes: int) -> Self:
        """Build the module that decides by ``rule`` on a stream of logits."""


_MODULES: Mapping[str, type[DecisionModule]] = {
    kind.CRITERION: kind
    for kind in (cast("type[DecisionModule]", kind) for kind in library.modules().values())
    if hasattr(kind, "CRITERION")
}
"""The modules of exit decisions, by the name of their criterion."""


def judged(drawing: Drawing, decision: Decision, rule: IntegerRule, logits: Stream) -> tuple[Stream, Stream]:
    """Draw a decision. Give the logits of samples that leave, and the verdicts for the feature maps."""
    index = logits.stage
    ours, kept = drawing.split(logits, f"logits_{index}_split", f"judge_{index}", f"logits_{index}")
    verdict = _verdict(drawing, decision, rule, ours)
    drop, take = drawing.split(
        drawing.skid(verdict, f"verdict_{index}"),
        f"verdict_{index}_split",
        f"verdict_{index}_map",
        f"verdict_{index}_logits",
    )
    return waiting_logits(drawing, kept, take), drop


def decision_module(decision: Decision, rule: IntegerRule, logits: Stream) -> DecisionModule:
    """Build the module of a decision, on a stream of logits.

    Raises:
        FpgaEeError: The library has no module for the criterion.
    """
    if decision.criterion not in _MODULES:
        raise FpgaEeError(
            f"{decision.name} decides by {decision.criterion}, for which the hardware library has no module: "
            f"calibrate by {' or '.join(_MODULES)}"
        )
    return _MODULES[decision.criterion].of_rule(rule, logits, decision.input.channels)


def verdicts(base: str, stage: int) -> Stream:
    """Make a stream of verdicts: a sample's ID, and whether it leaves."""
    return Stream(base, 1, SAMPLE_ID_BITS + 1, False, 1, stage, has_last=False)


def _verdict(drawing: Drawing, decision: Decision, rule: IntegerRule, logits: Stream) -> Stream:
    index = logits.stage
    verdict = verdicts(f"verdict_{index}_fresh", index)
    module = decision_module(decision, rule, logits)
    ports = {"bound_write": f"cfg_valid && cfg_exit == {index}", "bound_data": "cfg_data"}
    if module.BOUND_ADDRESSED:
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
