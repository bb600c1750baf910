"""The graph of operators that is quantized computes the same as its part."""

import pytest
import torch
from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.exporting import check_traceable
from fpga_ee.quantization.tracing import trace


def network(part: nn.Module) -> EarlyExitNetwork:
    torch.manual_seed(1)
    return EarlyExitNetwork(
        backbone=[nn.Sequential(nn.Flatten(), nn.Linear(16, 8), part)],
        exits=[nn.Linear(8, 3)],
        exit_loss_weights=[1.0],
        input_shape=(1, 4, 4),
    ).eval()


class Warms(nn.Module):
    """Does something else the first time, which is when it is traced."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x * 2 if self.calls > 1 else x


class KnowsThatItIsTraced(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if torch.compiler.is_exporting() else x * 2


class LooksAtValues(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if float(x.mean()) > 0 else -x


class FiltersInFloat32(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x @ torch.eye(8)


@pytest.mark.parametrize("part", [Warms, KnowsThatItIsTraced])
@pytest.mark.parametrize("check", [check_traceable, trace])
def test_a_part_whose_graph_computes_something_else_is_refused_by_name(
    part: type[nn.Module], check: object
) -> None:
    with pytest.raises(
        FpgaEeError,
        match=r"^backbone\.0 \(Sequential\): its graph of operators computes something else: values differ",
    ):
        check(network(part()))  # type: ignore[operator]


def test_a_part_that_looks_at_values_cannot_be_traced() -> None:
    with pytest.raises(FpgaEeError, match=r"^backbone\.0 \(Sequential\): it cannot be traced"):
        check_traceable(network(LooksAtValues()))


def test_a_part_with_float32_tensors_of_its_own_is_told_to_take_the_dtype_of_its_input() -> None:
    with pytest.raises(
        FpgaEeError, match=r"^backbone\.0 \(Sequential\): it cannot be run in float64, .*dtype=x\.dtype"
    ):
        check_traceable(network(FiltersInFloat32()))


def test_a_part_that_gives_float32_whatever_enters_is_told_so_and_not_the_next_one() -> None:
    class Forgets(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.zeros(x.shape[0], 8) + x.float()

    with pytest.raises(FpgaEeError, match=r"^backbone\.0 .*gives torch.float32 of torch.float64; make"):
        check_traceable(network(Forgets()))


def test_a_part_that_is_its_graph_passes_and_stays_as_it_was() -> None:
    checked = network(nn.Sequential(nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))).eval()
    before = {name: tensor.clone() for name, tensor in checked.state_dict().items()}
    check_traceable(checked)
    assert all(torch.equal(before[name], tensor) for name, tensor in checked.state_dict().items())
    assert {parameter.dtype for parameter in checked.parameters()} == {torch.float32}
    assert not any(module.training for module in checked.modules())


def test_a_layer_that_is_used_twice_stays_as_it_was() -> None:
    """Its values were exchanged twice and put back once, so that it went on in float64."""
    shared = nn.Linear(8, 8)
    checked = network(nn.Sequential(shared, nn.ReLU(), shared)).eval()
    check_traceable(checked)
    assert {parameter.dtype for parameter in checked.parameters()} == {torch.float32}
    check_traceable(checked)


def test_weights_that_two_layers_share_are_in_float64_in_both() -> None:
    first, second = nn.Linear(8, 8), nn.Linear(8, 8)
    second.weight = first.weight
    checked = network(nn.Sequential(first, nn.ReLU(), second)).eval()
    check_traceable(checked)
    assert second.weight is first.weight
    assert first.weight.dtype == torch.float32


def test_integers_that_a_part_keeps_stay_integers_in_float64() -> None:
    class Reorders(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("order", torch.arange(8).flip(0))

        def forward(self, x: Tensor) -> Tensor:
            return x[:, self.order]  # type: ignore[index]

    check_traceable(network(Reorders()))
