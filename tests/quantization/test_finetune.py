"""Training under the formats starts from the weights and formats it is given, whatever came before."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from fpga_ee.artifacts.formats import Widths
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.networks.catalogue import make_network
from fpga_ee.quantization.finetune import finetune
from fpga_ee.quantization.fixed_point import choose_formats
from fpga_ee.training.fit import CHECKPOINT_NAME
from fpga_ee.training.progress import TrainingProgress
from fpga_ee.training.settings import TrainingSettings

SETTINGS = TrainingSettings(max_epochs=2, patience=2, batch_size=50, learning_rate=0.01)
Splits = tuple[LabelledImages, LabelledImages]


@pytest.fixture
def splits(train_images: LabelledImages, validation_images: LabelledImages) -> Splits:
    return train_images, validation_images


def finetuned(splits: Splits, folder: Path, *, bits: int) -> dict[str, Tensor]:
    network = make_network("small_networks:Striped", seed=1)
    formats = choose_formats(network, torch.from_numpy(splits[0].inputs()), Widths(bits, bits))
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
