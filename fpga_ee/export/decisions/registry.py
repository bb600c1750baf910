"""How all criteria decide in ONNX."""

from collections.abc import Mapping

from fpga_ee.artifacts.rules.entropy import ENTROPY
from fpga_ee.artifacts.rules.margin import MARGIN
from fpga_ee.artifacts.rules.top1 import TOP1
from fpga_ee.export.decisions.entropy import ENTROPY_DECIDER
from fpga_ee.export.decisions.margin import MARGIN_DECIDER
from fpga_ee.export.decisions.nodes import Decider
from fpga_ee.export.decisions.top1 import TOP1_DECIDER

DECIDERS: Mapping[str, Decider] = {
    TOP1.name: TOP1_DECIDER,
    ENTROPY.name: ENTROPY_DECIDER,
    MARGIN.name: MARGIN_DECIDER,
}
