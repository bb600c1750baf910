"""B_Lenet_se with random weights, exported for tests of the hardware."""

from pathlib import Path

import torch

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.export import export
from fpga_ee.networks.catalogue import make_network
from fpga_ee.quantization.quantize import quantize
from helpers.shared import shared


def unsure_export() -> Path:
    """B_Lenet_se with random weights, as `fpga-ee export` writes it; a quarter of all samples is late."""
    return shared("B_Lenet_se", lambda folder: export_b_lenet_se(folder, threshold=0.9))


def export_b_lenet_se(folder: Path, threshold: float) -> None:
    """Export B_Lenet_se with random weights: its exits are so unsure that few digits leave above 0.11."""
    network = make_network("B_Lenet_se").eval()
    images = torch.randint(0, 256, (32, 1, 28, 28), generator=torch.Generator().manual_seed(1)) / 256
    quantized = quantize(network, images, Widths())
    rules = [ExitRule(TOP1, threshold)]
    export(
        quantized.network,
        integer_decisions(rules, quantized.formats.logits),
        quantized.formats,
        folder,
        float_network=network,
        name="B_Lenet_se",
        source="B_Lenet_se",
        measured=Measurement("made up", 100, (0.75, 0.25), (0.5, 0.5), 0.5),
    )
