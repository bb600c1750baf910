"""Nodes and constants of a decision, as a criterion's file adds them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.names import decision, logits
from fpga_ee.artifacts.rules.constants import Constants
from fpga_ee.artifacts.rules.criterion import Criterion


class DecisionNodes:
    """Nodes and constants of one decision, each named ``decision_<i>.<what it holds>``.

    Attributes:
        logits: Name of the float logits, [batch, classes].
        prefix: What all other names begin with.
        nodes: The nodes, in order; the last one gives the answer.
        constants: The constants.
    """

    def __init__(self, stage: int, constants: Constants) -> None:
        """Begin a decision.

        Args:
            stage: Number of its exit.
            constants: All that its nodes read, but for what an operator takes as a shape or an axis.
        """
        self.logits = logits(stage)
        self.prefix = decision(stage)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for name, values in constants.items():
            self.constant(name, values)

    def own(self, name: str) -> str:
        """Full name of a constant or of what a node gives."""
        return f"{self.prefix}.{name}"

    def constant(self, name: str, values: Any) -> str:
        """Add a constant and give its full name."""
        self.constants.append(numpy_helper.from_array(values, self.own(name)))
        return self.own(name)

    def node(self, operator: str, inputs: Sequence[str], *names: str, **attributes: Any) -> str:
        """Add a node whose outputs have these names, and give the full name of the first."""
        outputs = [self.own(name) for name in names]
        self.nodes.append(
            helper.make_node(operator, inputs, outputs, name=f"{outputs[0]}/{operator}", **attributes)
        )
        return outputs[0]

    def integer_logits(self) -> str:
        """Add the nodes that bring the logits back to integers: int32 [batch, classes]."""
        quantized = self.node(
            "QuantizeLinear", [self.logits, self.own("scale"), self.own("zero")], "quantized"
        )
        return self.node("Cast", [quantized], "integers", to=TensorProto.INT32)


@dataclass(frozen=True)
class Decider:
    """How a criterion decides in ONNX.

    Attributes:
        criterion: The criterion.
        by_floats: Adds the nodes of the float rule, with the constants ``float_constants``.
        by_integers: Adds the nodes of the integer rule, with the constants ``integer_constants``.
    """

    criterion: Criterion
    by_floats: Callable[[DecisionNodes], None]
    by_integers: Callable[[DecisionNodes], None]
