"""An early-exit network computes all exits at once, or one image up to the exit it takes."""

import pytest
import torch
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork


def always(logits: Tensor) -> Tensor:
    return torch.ones(len(logits), dtype=torch.bool)


def never(logits: Tensor) -> Tensor:
    return torch.zeros(len(logits), dtype=torch.bool)


class Counting(nn.Module):
    """Counts how often it runs."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.layer(x)


def counting_network(widths: list[int]) -> EarlyExitNetwork:
    """One stage a width: its feature map is a vector of that many numbers."""
    inputs = [16, *widths]
    return EarlyExitNetwork(
        backbone=[
            Counting(nn.Sequential(nn.Flatten(), nn.Linear(inputs[index], width)))
            for index, width in enumerate(widths)
        ],
        exits=[Counting(nn.Linear(width, 3)) for width in widths],
        exit_loss_weights=[1.0] * len(widths),
        input_shape=(1, 4, 4),
    )


networks = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(counting_network)


@given(network=networks, data=st.data())
@settings(max_examples=draws(30))
def test_inference_stops_at_the_first_exit_that_is_taken(
    network: EarlyExitNetwork, data: st.DataObject
) -> None:
    last = len(network.exits) - 1
    taken = data.draw(st.integers(0, last), label="exit taken")
    tests = [always if index == taken else never for index in range(last)]

    inference = network.infer(torch.rand(1, 1, 4, 4), tests)

    assert inference.exit_index == taken
    ran = [1] * (taken + 1) + [0] * (last - taken)
    assert [part.calls for part in network.backbone] == ran, "later stages must never run"
    assert [exit_.calls for exit_ in network.exits] == ran, "later exits must never run"


@given(network=networks, data=st.data())
@settings(max_examples=draws(30))
def test_the_exit_taken_gives_the_logits_that_it_gives_among_all_exits(
    network: EarlyExitNetwork, data: st.DataObject
) -> None:
    last = len(network.exits) - 1
    taken = data.draw(st.integers(0, last), label="exit taken")
    image = torch.rand(1, 1, 4, 4)

    inference = network.infer(image, [always if index == taken else never for index in range(last)])

    expected = network(image)[taken]
    assert torch.equal(inference.logits, expected)
    assert inference.label == int(expected.argmax())


def test_among_several_passing_exits_the_first_is_taken() -> None:
    assert counting_network([4, 4, 4]).infer(torch.rand(1, 1, 4, 4), [always, always]).exit_index == 0


def test_exit_tests_see_the_logits_of_their_exit() -> None:
    network = counting_network([4, 4])
    seen: list[Tensor] = []
    image = torch.rand(1, 1, 4, 4)

    network.infer(image, [lambda logits: seen.append(logits) or never(logits)])

    assert torch.equal(seen[0], network(image)[0])


def test_all_exits_take_batches() -> None:
    assert [logits.shape for logits in counting_network([4, 4])(torch.rand(5, 1, 4, 4))] == [(5, 3), (5, 3)]


def test_inference_refuses_a_batch() -> None:
    with pytest.raises(FpgaEeError, match="not a batch of 2"):
        counting_network([4, 4]).infer(torch.rand(2, 1, 4, 4), [always])


def test_inference_refuses_a_wrong_number_of_exit_rules() -> None:
    with pytest.raises(FpgaEeError, match="3 exits need 2 exit rules, got 1"):
        counting_network([4, 4, 4]).infer(torch.rand(1, 1, 4, 4), [always])


def test_every_stage_needs_an_exit_and_a_loss_weight() -> None:
    with pytest.raises(FpgaEeError, match="2 stages, 1 exits and 2 loss weights"):
        EarlyExitNetwork(
            backbone=[nn.Identity(), nn.Identity()],
            exits=[nn.Identity()],
            exit_loss_weights=[1.0, 1.0],
            input_shape=(1, 4, 4),
        )


@pytest.mark.parametrize("weight", ["a", None, float("nan"), float("inf"), -0.5])
def test_a_loss_weight_that_is_no_finite_number_of_at_least_0_is_refused(weight: object) -> None:
    with pytest.raises(FpgaEeError, match=f"the loss weight of exit 1 is {weight!r}; give a finite number"):
        EarlyExitNetwork(
            backbone=[nn.Identity(), nn.Identity()],
            exits=[nn.Identity(), nn.Identity()],
            exit_loss_weights=[1, weight],  # type: ignore[list-item]
            input_shape=(1, 4, 4),
        )


def test_feature_map_shapes_are_those_of_one_image() -> None:
    assert counting_network([4, 2]).feature_map_shapes() == [(4,), (2,)]
