"""Training under the formats starts from the given weights and formats only."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor, nn

from fpga_ee.artifacts.formats import Widths
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.finetune import finetune
from fpga_ee.quantization.fixed_point import choose_formats, fixed_point_network
from fpga_ee.quantization.tracing import written
from fpga_ee.training import fit
from fpga_ee.training.fit import CHECKPOINT_NAME
from fpga_ee.training.progress_bar import TrainingProgress
from fpga_ee.training.settings import TrainingSettings

SETTINGS = TrainingSettings(max_epochs=2, patience=2, batch_size=50, learning_rate=0.01)
Splits = tuple[LabelledImages, LabelledImages]


@pytest.fixture
def splits(train_images: LabelledImages, validation_images: LabelledImages) -> Splits:
    return train_images, validation_images


def finetuned(splits: Splits, folder: Path, *, bits: int) -> dict[str, Tensor]:
    network = make_network("helpers.small_networks:Striped", seed=1)
    formats = choose_formats(
        network, written(network), torch.from_numpy(splits[0].inputs()), Widths(bits, bits)
    )
    finetune(network, formats, splits, SETTINGS, folder)
    return network.state_dict()


def stop_in_the_second_epoch(_: Callback, trainer: Trainer, *__: Any) -> None:
    if trainer.current_epoch == 1:
        raise KeyboardInterrupt


@pytest.mark.slow
def test_an_interrupted_finetuning_of_other_widths_is_not_gone_on_with(
    splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = finetuned(splits, tmp_path / "alone", bits=4)
    with monkeypatch.context() as patch:
        patch.setattr(TrainingProgress, "on_train_batch_start", stop_in_the_second_epoch)
        with pytest.raises(KeyboardInterrupt):
            finetuned(splits, tmp_path, bits=2)
    assert (tmp_path / CHECKPOINT_NAME).exists()

    found = finetuned(splits, tmp_path, bits=4)

    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert not (tmp_path / CHECKPOINT_NAME).exists()


class Normalised(EarlyExitNetwork):
    """Convolutions with and without bias, each with a normalisation behind it; and one that stands alone."""

    def __init__(self) -> None:
        super().__init__(
            backbone=[
                nn.Sequential(
                    nn.Conv2d(1, 4, kernel_size=3, bias=False),
                    nn.BatchNorm2d(4),
                    nn.ReLU(inplace=True),
                    nn.BatchNorm2d(4),
                ),
                nn.Sequential(
                    nn.Conv2d(4, 6, kernel_size=3),
                    nn.BatchNorm2d(6, affine=False),
                    nn.ReLU(),
                    nn.AvgPool2d(2),
                ),
            ],
            exits=[
                nn.Sequential(nn.Flatten(), nn.Linear(144, 3), nn.BatchNorm1d(3)),
                nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)),
            ],
            exit_loss_weights=(1.0, 0.3),
            input_shape=(1, 8, 8),
        )


@pytest.mark.slow
def test_weights_are_trained_with_the_normalisation_in_them(
    splits: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network with both then is the one that was trained."""
    torch.manual_seed(0)
    network = Normalised()
    fit.train(network, *splits, SETTINGS, tmp_path / "training")  # gives the normalisations their statistics
    before = deepcopy(network.state_dict())
    images = torch.from_numpy(splits[1].inputs())
    formats = choose_formats(network, written(network), images, Widths(4, 8))
    trained: list[EarlyExitNetwork] = []
    monkeypatch.setattr(fit, "train", remembering(fit.train, trained))

    finetune(network, formats, splits, SETTINGS, tmp_path)

    after = network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert "backbone.0.0.weight" in changed
    assert not any(name.startswith("backbone.0.3.") for name in changed), "what stands alone stays"
    rounding = trained[0].eval()
    fixed = fixed_point_network(network, written(network), formats)
    with torch.inference_mode():
        for ours, expected, format_ in zip(fixed(images), rounding(images), formats.logits, strict=True):
            # Training does not round biases.
            assert float((ours - expected).abs().max()) <= 2 * format_.scale


def remembering(train: Callable[..., Any], networks: list[EarlyExitNetwork]) -> Callable[..., Any]:
    def remember(network: EarlyExitNetwork, *arguments: Any) -> Any:
        networks.append(network)
        return train(network, *arguments)

    return remember
