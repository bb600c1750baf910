"""Networks whose filters have grids of their own."""

from dataclasses import replace

import numpy as np

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import Quantized, with_exact_sums

SPREAD = 3
"""Fractional bits by which a filter's grid is finer or coarser than its layer's was."""


def with_grids_of_filters(network: EarlyExitNetwork, quantized: Quantized, seed: int) -> Quantized:
    """Quantize again, with fractional bits for each filter that are drawn around those of its layer."""
    random = np.random.default_rng(seed)
    integers = quantized.network.state_dict()
    layers = {}
    for name, formats in quantized.formats.layers.items():
        shifts = random.integers(-SPREAD, SPREAD + 1, len(integers[f"{name}.weight"]))
        layers[name] = formats.with_filter_fracs([formats.weight.frac + int(shift) for shift in shifts])
    return with_exact_sums(network, replace(quantized.formats, layers=layers))
