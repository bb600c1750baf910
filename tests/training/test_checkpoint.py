"""An interrupted training goes on from its checkpoint; a checkpoint that is not its own is refused."""

import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.trainings import SETTINGS, STRIPED, InterruptionError, Splits, overfitting, weights_of

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.fit import CHECKPOINT_NAME, discard_checkpoint, train


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


@pytest.mark.parametrize("target", [CHECKPOINT_NAME, "nowhere", "x" * 255])
def test_a_link_that_leads_nowhere_is_no_missing_checkpoint(
    network: EarlyExitNetwork, splits: Splits, tmp_path: Path, target: str
) -> None:
    (tmp_path / CHECKPOINT_NAME).symlink_to(target)
    with pytest.raises(FpgaEeError, match=r"interrupted\.ckpt"):
        train(network, *splits, SETTINGS, tmp_path)
    assert (tmp_path / CHECKPOINT_NAME).is_symlink()


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
