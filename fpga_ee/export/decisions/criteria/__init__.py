"""The decisions of all criteria in ONNX. Each is one file, with a ``DECIDER``."""

from collections.abc import Mapping

from fpga_ee.discovery import modules_in
from fpga_ee.export.decisions.nodes import Decider

DECIDERS: Mapping[str, Decider] = {
    module.DECIDER.criterion.name: module.DECIDER for module in modules_in(__name__, __path__)
}
"""The deciders, by the names of the criteria."""
