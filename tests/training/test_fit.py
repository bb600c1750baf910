"""A training stops when validation no longer improves, keeps the best weights, and can be interrupted."""

import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, Trainer

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.evaluation import exit_accuracies
from fpga_ee.training.fit import CHECKPOINT_NAME, TrainingResult, discard_checkpoint, train
from fpga_ee.training.joint_training import joint_loss
from fpga_ee.training.progress_bar import TrainingProgress
from fpga_ee.training.settings import TrainingSettings

STRIPED = "helpers.small_networks:Striped"
SETTINGS = TrainingSettings(max_epochs=6, patience=6, batch_size=32, learning_rate=0.01, seed=3)
Splits = tuple[LabelledImages, LabelledImages]


@pytest.fixture
def splits(train_images: LabelledImages, validation_images: LabelledImages) -> Splits:
    return train_images, validation_images


def weights_of(network: EarlyExitNetwork) -> dict[str, Any]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


def validation_loss(network: EarlyExitNetwork, images: LabelledImages) -> float:
    with torch.inference_mode():
        logits = network(torch.from_numpy(images.inputs()))
        return float(joint_loss(logits, torch.from_numpy(images.labels), network.exit_loss_weights))


def accuracies(network: EarlyExitNetwork, images: LabelledImages) -> tuple[float, ...]:
    with torch.inference_mode():
        return exit_accuracies(network(torch.from_numpy(images.inputs())), torch.from_numpy(images.labels))


class InterruptionError(Exception):
    """Stands for whatever ends a process amid a training."""


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes trainings break off in an epoch's second batch."""

    def arrange(epoch: int) -> None:
        def on_train_batch_start(_: Callback, trainer: Trainer, *__: Any) -> None:
            if trainer.current_epoch + 1 == epoch and trainer.global_step % 2 == 1:
                raise InterruptionError

        monkeypatch.setattr(TrainingProgress, "on_train_batch_start", on_train_batch_start)

    return arrange


def test_training_teaches_all_exits(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    before = accuracies(network, splits[1])
    result = train(network, *splits, replace(SETTINGS, max_epochs=12), tmp_path)
    after = accuracies(network, splits[1])
    assert max(before) < 0.6
    assert min(after) > 0.9
    assert after == pytest.approx(result.best.validation_accuracy, abs=1e-6)


def test_a_network_that_views_its_feature_maps_as_rows_is_trained(splits: Splits, tmp_path: Path) -> None:
    """Which a feature map with its channels last would not let it do."""
    network = make_network("helpers.small_networks:Handwritten")
    result = train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    assert accuracies(network, splits[1]) == pytest.approx(result.best.validation_accuracy, abs=1e-6)


def test_every_epoch_is_reported(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    result = train(network, *splits, SETTINGS, tmp_path)
    assert [epoch.number for epoch in result.epochs] == [1, 2, 3, 4, 5, 6]
    assert result.stopping_epoch == 6
    assert all(epoch.train_loss > 0 and epoch.validation_loss > 0 for epoch in result.epochs)
    assert all(len(epoch.validation_accuracy) == 2 for epoch in result.epochs)


def overfitting(splits: Splits) -> Splits:
    """A few training images with wrong labels: the better they are learnt, the worse validation goes."""
    train_images, validation_images = splits
    wrong = train_images.head(64)
    return replace(wrong, labels=(wrong.labels + np.arange(64) % 3) % 3), validation_images


def test_training_stops_when_patience_is_over(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    result = train(network, *overfitting(splits), replace(SETTINGS, max_epochs=40, patience=3), tmp_path)
    assert result.stopping_epoch < 40
    assert result.stopping_epoch == result.best.number + 3
    assert result.best.validation_loss == min(epoch.validation_loss for epoch in result.epochs)


def test_the_best_weights_are_restored(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    result = train(network, *overfitting(splits), replace(SETTINGS, max_epochs=40, patience=3), tmp_path)
    assert result.epochs[-1].validation_loss > result.best.validation_loss + 1e-3
    assert validation_loss(network, splits[1]) == pytest.approx(result.best.validation_loss, abs=1e-5)


def test_the_learning_rate_halves_with_every_few_epochs_that_bring_nothing(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, max_epochs=40, patience=5, halving_patience=2)
    result = train(network, *overfitting(splits), settings, tmp_path)

    halvings, best = 0, result.epochs[0]
    for epoch in result.epochs[1:]:
        if epoch.validation_loss < best.validation_loss:
            best = epoch
        elif (epoch.number - best.number) % 2 == 0:
            halvings += 1
    assert halvings >= 2
    optimizer = torch.load(tmp_path / CHECKPOINT_NAME, weights_only=True)["optimizer_states"][0]
    assert optimizer["param_groups"][0]["lr"] == settings.learning_rate / 2**halvings


def test_the_same_training_gives_the_same_bytes(splits: Splits, tmp_path: Path) -> None:
    networks = [make_network(STRIPED, seed=1) for _ in range(2)]
    results = [
        train(network, *splits, SETTINGS, tmp_path / str(index)) for index, network in enumerate(networks)
    ]
    assert results[0] == results[1]
    assert weights_of(networks[0]) == weights_of(networks[1])


def test_another_seed_gives_other_weights(splits: Splits, tmp_path: Path) -> None:
    networks = [make_network(STRIPED, seed=1) for _ in range(2)]
    for seed, network in enumerate(networks):
        train(network, *splits, replace(SETTINGS, seed=seed, max_epochs=1), tmp_path / str(seed))
    assert weights_of(networks[0]) != weights_of(networks[1])


def test_training_leaves_the_rest_of_the_process_alone(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    assert torch.equal(torch.rand(3), expected)
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize("epoch", [1, 2, 5])
def test_an_interrupted_training_ends_like_an_uninterrupted_one(
    splits: Splits, tmp_path: Path, interrupt: Any, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    uninterrupted, interrupted, resumed = (make_network(STRIPED, seed=1) for _ in range(3))
    splits = overfitting(splits)
    settings = replace(SETTINGS, halving_patience=1)
    expected = train(uninterrupted, *splits, settings, tmp_path / "uninterrupted")

    interrupt(epoch)
    with pytest.raises(InterruptionError):
        train(interrupted, *splits, settings, tmp_path)
    monkeypatch.undo()
    result = train(resumed, *splits, settings, tmp_path)

    assert result == expected
    assert weights_of(resumed) == weights_of(uninterrupted)


@pytest.mark.parametrize("changes", [{}, {"max_epochs": 40, "patience": 3}])
def test_resuming_a_finished_training_changes_nothing(
    splits: Splits, tmp_path: Path, changes: dict[str, int]
) -> None:
    first, again = (make_network(STRIPED, seed=1) for _ in range(2))
    settings = replace(SETTINGS, **changes)
    expected = train(first, *overfitting(splits), settings, tmp_path)
    assert train(again, *overfitting(splits), settings, tmp_path) == expected
    assert weights_of(again) == weights_of(first)


def test_without_its_checkpoint_a_training_starts_anew(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path, interrupt: Any
) -> None:
    interrupt(3)
    with pytest.raises(InterruptionError):
        train(network, *splits, SETTINGS, tmp_path)
    assert (tmp_path / CHECKPOINT_NAME).exists()
    discard_checkpoint(tmp_path)
    assert not (tmp_path / CHECKPOINT_NAME).exists()
    discard_checkpoint(tmp_path)


def test_a_checkpoint_of_other_settings_is_refused(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    with pytest.raises(FpgaEeError, match=r"cannot go on from .*because max_epochs was 1 and is now 6"):
        train(network, *splits, SETTINGS, tmp_path)


def test_a_checkpoint_of_other_images_is_refused(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    with pytest.raises(
        FpgaEeError, match="train images was 200 of stripes train and is now 50 of stripes train"
    ):
        train(network, splits[0].head(50), splits[1], replace(SETTINGS, max_epochs=1), tmp_path)


def test_a_checkpoint_that_began_with_other_weights_is_refused(splits: Splits, tmp_path: Path) -> None:
    first, other = (make_network(STRIPED, seed=seed) for seed in (1, 2))
    train(first, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    with pytest.raises(FpgaEeError, match=r"cannot go on from .*because SHA-256 of the first weights was"):
        train(other, *splits, replace(SETTINGS, max_epochs=1), tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_damaged_checkpoint_is_refused(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path, share: float
) -> None:
    train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    path = tmp_path / CHECKPOINT_NAME
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FpgaEeError, match=r"interrupted\.ckpt: it is damaged"):
        train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)


def restored(content: Any) -> Any:
    """The part of a checkpoint that the training's record writes."""
    return content["callbacks"]["TrainingRecord"]


def all_of(weights: dict[str, torch.Tensor], change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    weights |= {name: change(tensor) for name, tensor in weights.items()}


def not_a_number(tensor: torch.Tensor) -> torch.Tensor:
    return tensor * float("nan")


def of_bytes(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to(torch.int8)


def without_values(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.to("meta")


FORGERIES: dict[str, Callable[[Any], object]] = {
    "best weights that are NaN": lambda c: all_of(restored(c)["best_weights"], not_a_number),
    "best weights of another type": lambda c: all_of(restored(c)["best_weights"], of_bytes),
    "best weights without values": lambda c: all_of(restored(c)["best_weights"], without_values),
    "best weights that are texts": lambda c: restored(c)["best_weights"].update(dict.fromkeys("ab", "c")),
    "weights that are NaN": lambda c: all_of(c["state_dict"], not_a_number),
    "weights without values": lambda c: all_of(c["state_dict"], without_values),
    "settings that are tensors": lambda c: restored(c)["training"].update(seed=torch.zeros(2)),
    "no epochs": lambda c: restored(c)["epochs"].clear(),
    "an epoch less": lambda c: restored(c)["epochs"].pop(),
    "an epoch of another number": lambda c: restored(c)["epochs"][1].update(number=3),
    "more epochs than the training has": lambda c: (
        restored(c)["epochs"].extend({**restored(c)["epochs"][0], "number": n} for n in range(3, 8)),
        c.update(epoch=6),
        c["loops"]["fit_loop"]["epoch_progress"]["current"].update(processed=7),
    ),
    "an exit less": lambda c: restored(c)["epochs"][0].update(validation_accuracy=(0.5,)),
    "an epoch that is not the checkpoint's": lambda c: c.update(epoch=5),
    "an epoch that is not Lightning's": lambda c: c["loops"]["fit_loop"]["epoch_progress"]["current"].update(
        processed=6
    ),
    "progress in words": lambda c: c["loops"]["fit_loop"]["epoch_loop.state_dict"].update(
        _batches_that_stepped="x"
    ),
    "no progress": lambda c: c.pop("loops"),
    "a learning rate in words": lambda c: c["optimizer_states"][0]["param_groups"][0].update(lr="x"),
    "a learning rate that is NaN": lambda c: c["optimizer_states"][0]["param_groups"][0].update(lr=math.nan),
    "a learning rate that has grown": lambda c: c["optimizer_states"][0]["param_groups"][0].update(lr=1.0),
    "another optimizer": lambda c: c["optimizer_states"][0]["param_groups"][0].update(betas="xy"),
    "two optimizers": lambda c: c["optimizer_states"].append(c["optimizer_states"][0]),
    "moments that are NaN": lambda c: all_of(c["optimizer_states"][0]["state"][0], not_a_number),
    "moments without values": lambda c: all_of(c["optimizer_states"][0]["state"][0], without_values),
    "moments of no parameter": lambda c: c["optimizer_states"][0]["state"].update({-1: {}}),
    "a version that is none": lambda c: c.update({"pytorch-lightning_version": "x"}),
}


@pytest.fixture(scope="module")
def interrupted(
    train_images: LabelledImages, validation_images: LabelledImages, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    """The checkpoint of a training that was interrupted behind its second epoch."""
    folder = tmp_path_factory.mktemp("interrupted")
    settings = replace(SETTINGS, max_epochs=2)
    train(
        make_network(STRIPED, seed=1),
        train_images,
        validation_images,
        settings,
        folder,
    )
    content = torch.load(folder / CHECKPOINT_NAME, weights_only=True)
    restored(content)["training"]["max_epochs"] = SETTINGS.max_epochs
    torch.save(content, folder / CHECKPOINT_NAME)
    return (folder / CHECKPOINT_NAME).read_bytes()


def test_a_training_goes_on_from_the_checkpoint_that_is_forged_below(
    splits: Splits, tmp_path: Path, interrupted: bytes
) -> None:
    (tmp_path / CHECKPOINT_NAME).write_bytes(interrupted)
    result = train(make_network(STRIPED, seed=1), *splits, SETTINGS, tmp_path)
    assert result.stopping_epoch == 6


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_checkpoint_is_refused(
    splits: Splits, tmp_path: Path, interrupted: bytes, forgery: str
) -> None:
    content = torch.load(io.BytesIO(interrupted), weights_only=True)
    FORGERIES[forgery](content)
    torch.save(content, tmp_path / CHECKPOINT_NAME)
    network = make_network(STRIPED, seed=1)
    with pytest.raises(FpgaEeError, match=r"interrupted\.ckpt: it is damaged; start anew without it"):
        train(network, *splits, SETTINGS, tmp_path)


def test_a_share_above_one_is_refused(splits: Splits, tmp_path: Path, interrupted: bytes) -> None:
    content = torch.load(io.BytesIO(interrupted), weights_only=True)
    restored(content)["epochs"][0]["validation_accuracy"] = (17.0, 0.5)
    torch.save(content, tmp_path / CHECKPOINT_NAME)
    with pytest.raises(
        FpgaEeError, match=r"validation_accuracy\[0\] must be at most 1, not 17.0; start anew"
    ):
        train(make_network(STRIPED, seed=1), *splits, SETTINGS, tmp_path)


def test_a_compressed_checkpoint_is_not_unpacked(splits: Splits, tmp_path: Path, interrupted: bytes) -> None:
    with (
        zipfile.ZipFile(io.BytesIO(interrupted)) as stored,
        zipfile.ZipFile(tmp_path / CHECKPOINT_NAME, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in stored.namelist():
            packed.writestr(name, stored.read(name))
    with pytest.raises(FpgaEeError, match=r"interrupted\.ckpt: it is damaged"):
        train(make_network(STRIPED, seed=1), *splits, SETTINGS, tmp_path)


class RunsCode:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


def test_code_in_a_checkpoint_never_runs(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    path = tmp_path / CHECKPOINT_NAME
    checkpoint = torch.load(path, weights_only=True)
    torch.save({**checkpoint, "trap": RunsCode(tmp_path / "ran")}, path)
    with pytest.raises(FpgaEeError, match="cannot go on"):
        train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_training_that_diverges_is_told(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(1e30)
    with pytest.raises(FpgaEeError, match=r"training diverged: in epoch 1 .*use a smaller learning rate"):
        train(network, *splits, SETTINGS, tmp_path)


def test_a_network_of_frozen_parameters_is_refused(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    for parameter in network.parameters():
        parameter.requires_grad_(requires_grad=False)
    with pytest.raises(FpgaEeError, match="nothing of Striped can be trained"):
        train(network, *splits, SETTINGS, tmp_path)


def test_images_of_another_shape_are_refused(
    network: EarlyExitNetwork, splits: Splits, digits: LabelledImages, tmp_path: Path
) -> None:
    with pytest.raises(
        FpgaEeError,
        match=r"the network takes images \[1, 8, 8\], but those of MNIST validation are \[1, 28, 28\]",
    ):
        train(network, digits, splits[1], SETTINGS, tmp_path)


def test_labels_that_the_network_does_not_know_are_refused(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    strange = replace(splits[0], labels=splits[0].labels + 1)
    with pytest.raises(FpgaEeError, match=r"tells 3 classes apart, but the labels .* go from 1 to 3"):
        train(network, strange, splits[1], SETTINGS, tmp_path)


def test_an_empty_split_is_refused(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match="stripes validation holds no images"):
        train(network, splits[0], splits[1].head(0), SETTINGS, tmp_path)


def test_a_folder_that_cannot_be_written_is_named(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FpgaEeError, match=r"cannot write .*file"):
        train(network, *splits, SETTINGS, tmp_path / "file")


@pytest.mark.slow
def test_a_published_network_learns_digits(digits: LabelledImages, tmp_path: Path) -> None:
    network = make_network("B_Lenet_se")
    train_images, validation_images = digits.at(range(6000)), digits.at(range(6000, 8000))
    result: TrainingResult = train(
        network, train_images, validation_images, TrainingSettings(max_epochs=3, patience=3), tmp_path
    )
    assert result.best.validation_accuracy[0] > 0.9
    assert result.best.validation_accuracy[1] > 0.9
