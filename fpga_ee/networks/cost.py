"""The multiplications of a sample, by the exit where it leaves."""

from itertools import accumulate

import torch
from torch.utils.flop_counter import FlopCounterMode

from fpga_ee.networks.early_exit import EarlyExitNetwork


def multiplications(network: EarlyExitNetwork) -> tuple[int, ...]:
    """Count the multiply-accumulates of a sample that leaves at each exit, earlier exits included."""
    stages = []
    feature_map = torch.zeros(1, *network.input_shape)
    with torch.inference_mode():
        for backbone, exit_ in network.stages():
            with FlopCounterMode(display=False) as counter:
                feature_map = backbone(feature_map)
                exit_(feature_map)
            # The counter counts a multiply-accumulate as two operations.
            stages.append(counter.get_total_flops() // 2)
    return tuple(accumulate(stages))
