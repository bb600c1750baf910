"""A backbone part of some modules, as fixed point traces it."""

import torch
from torch import Tensor, nn

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.tracing import TracedPart, trace


def one_stage(*stage: nn.Module, rows: int = 6, cols: int = 8) -> EarlyExitNetwork:
    return network_of(nn.Sequential(*stage), rows, cols)


def network_of(backbone: nn.Module, rows: int = 6, cols: int = 8) -> EarlyExitNetwork:
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[backbone],
        exits=[nn.Sequential(nn.Flatten(), nn.LazyLinear(3))],
        exit_loss_weights=[1.0],
        input_shape=(2, rows, cols),
    ).eval()
    network(torch.zeros(2, 2, rows, cols))  # the lazy layer takes its shape
    return network


def backbone_of(network: EarlyExitNetwork) -> TracedPart:
    return trace(network)[0]


def images(network: EarlyExitNetwork) -> Tensor:
    return torch.randint(0, 256, (20, *network.input_shape), generator=torch.Generator().manual_seed(2)) / 256


def trained(normalisation: nn.BatchNorm1d | nn.BatchNorm2d) -> nn.Module:
    """With statistics and parameters that leave nothing as it is."""
    generator = torch.Generator().manual_seed(1)
    for tensor in normalisation.state_dict().values():
        if tensor.ndim:
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.2)
    return normalisation
