"""Nodes and constants of a decision, for the files of criteria."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import onnx
from onnx import TensorProto, helper, numpy_helper

from fpga_ee.artifacts.names import decision, logits
from fpga_ee.artifacts.rules.constants import Constants
from fpga_ee.artifacts.rules.criterion import Criterion


class DecisionNodes:
    """Nodes and constants of one decision. Names are ``decision_<i>.`` and the content.

    Attributes:
        logits: Name of the float logits, [batch, classes].
        prefix: The start of all other names.
        nodes: The nodes, in order; the last one gives the decision.
        constants: The constants.
    """

    def __init__(self, stage: int, constants: Constants) -> None:
        """Begin a decision.

        Args:
            stage: Number of its exit.
            constants: All constants of its nodes, except for shapes and axes.
        """
        self.logits = logits(stage)
        self.prefix = decision(stage)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        for name, values in constants.items():
            self.constant(name, values)

    def own(self, name: str) -> str:
        """Give the full name of a constant or of a node's output."""
        return f"{self.prefix}.{name}"

    def constant(self, name: str, values: Any) -> str:
        """Add a constant and give its full name."""
        self.constants.append(numpy_helper.from_array(values, self.own(name)))
        return self.own(name)

    def node(self, operator: str, inputs: Sequence[str], *names: str, **attributes: Any) -> str:
        """Add a node whose outputs have these names. Give the full name of the first output."""
        outputs = [self.own(name) for name in names]
        self.nodes.append(
            helper.make_node(operator, inputs, outputs, name=f"{outputs[0]}/{operator}", **attributes)
        )
        return outputs[0]

    def integer_logits(self) -> str:
        """Add the nodes that make integers of the logits: int32 [batch, classes]."""
        quantized = self.node(
            "QuantizeLinear", [self.logits, self.own("scale"), self.own("zero")], "quantized"
        )
        return self.node("Cast", [quantized], "integers", to=TensorProto.INT32)


@dataclass(frozen=True)
class Decider:
    """A criterion's decision in ONNX.

    Attributes:
        criterion: The criterion.
        by_floats: Adds the nodes of the float rule, with the constants ``float_constants``.
        by_integers: Adds the nodes of the integer rule, with the constants ``integer_constants``.
    """

    criterion: Criterion
    by_floats: Callable[[DecisionNodes], None]
    by_integers: Callable[[DecisionNodes], None]
