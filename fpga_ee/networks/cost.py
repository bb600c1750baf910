"""The multiplications that a sample costs, by the exit it leaves at."""

from itertools import accumulate

import torch
from torch.utils.flop_counter import FlopCounterMode

from fpga_ee.networks.early_exit import EarlyExitNetwork


def multiplications(network: EarlyExitNetwork) -> tuple[int, ...]:
    """Multiply-accumulates of one sample that leaves at each exit, earlier exits included."""
    stages = []
    feature_map = torch.zeros(1, *network.input_shape)
    with torch.inference_mode():
        for backbone, exit_ in network.stages():
            with FlopCounterMode(display=False) as counter:
                feature_map = backbone(feature_map)
                exit_(feature_map)
            # A multiply-accumulate counts as two operations there.
            stages.append(counter.get_total_flops() // 2)
    return tuple(accumulate(stages))
