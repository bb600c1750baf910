"""A training stops when validation no longer improves, and keeps the best weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers.trainings import SETTINGS, STRIPED, Splits, overfitting, weights_of

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.evaluation import exit_accuracies
from fpga_ee.training.fit import CHECKPOINT_NAME, TrainingResult, train
from fpga_ee.training.joint_training import joint_loss
from fpga_ee.training.settings import TrainingSettings


def validation_loss(network: EarlyExitNetwork, images: LabelledImages) -> float:
    with torch.inference_mode():
        logits = network(torch.from_numpy(images.inputs()))
        return float(joint_loss(logits, torch.from_numpy(images.labels), network.exit_loss_weights))


def accuracies(network: EarlyExitNetwork, images: LabelledImages) -> tuple[float, ...]:
    with torch.inference_mode():
        return exit_accuracies(network(torch.from_numpy(images.inputs())), torch.from_numpy(images.labels))


def test_training_teaches_all_exits(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    before = accuracies(network, splits[1])
    result = train(network, *splits, replace(SETTINGS, max_epochs=12), tmp_path)
    after = accuracies(network, splits[1])
    assert max(before) < 0.6
    assert min(after) > 0.9
    assert after == pytest.approx(result.best.validation_accuracy, abs=1e-6)


def test_a_network_that_views_its_feature_maps_as_rows_is_trained(splits: Splits, tmp_path: Path) -> None:
    """In the channels-last memory layout this network could not view its feature maps."""
    network = make_network("helpers.small_networks:Handwritten")
    result = train(network, *splits, replace(SETTINGS, max_epochs=1), tmp_path)
    assert accuracies(network, splits[1]) == pytest.approx(result.best.validation_accuracy, abs=1e-6)


def test_every_epoch_is_reported(network: EarlyExitNetwork, splits: Splits, tmp_path: Path) -> None:
    result = train(network, *splits, SETTINGS, tmp_path)
    assert [epoch.number for epoch in result.epochs] == [1, 2, 3, 4, 5, 6]
    assert result.stopping_epoch == 6
    assert all(epoch.train_loss > 0 and epoch.validation_loss > 0 for epoch in result.epochs)
    assert all(len(epoch.validation_accuracy) == 2 for epoch in result.epochs)


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
