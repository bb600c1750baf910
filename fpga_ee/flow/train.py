"""Step train: trains the weights of a network."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from fpga_ee.artifacts.manifest import sha256
from fpga_ee.artifacts.names import TRAINING_FILE, WEIGHTS_FILE
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.outcome import logits_of
from fpga_ee.files.writing import replacing_together, write_json
from fpga_ee.flow.subject import OWN_MODELS, Subject
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.reporting.learning_curve import write_learning_curve_csv, write_learning_curve_png
from fpga_ee.training import fit
from fpga_ee.training.evaluation import exit_accuracies
from fpga_ee.training.fit import TrainingResult
from fpga_ee.training.origin import check_output
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import load_weights, save_weights, weights_sha256


@dataclass(frozen=True)
class Trained:
    """A finished training.

    Attributes:
        result: Figures of the training.
        test_accuracy: Accuracy of each exit on the test split, from 0 to 1; None where the split is missing.
        folder: Folder of weights, learning curve and accuracies.
    """

    result: TrainingResult
    test_accuracy: Sequence[float] | None
    folder: Path


def train_step(
    subject: Subject, settings: TrainingSettings, tell: Callable[[str], None], check: Callable[[], None]
) -> Trained | None:
    """Train a network and write ``weights.safetensors``, ``training.json`` and the learning curve.

    The checkpoint of an interrupted training in the folder is removed.

    Args:
        subject: The network; the training starts from its ``weights``, or from random ones.
        settings: Settings of the training.
        tell: Called with facts that a user should know.
        check: Called as soon as the folder is reserved; it may refuse the network.

    Returns:
        The result; None in all but the first of several processes that train together.

    Raises:
        FpgaEeError: The network does not exist, images, weights or folder cannot be used, or another training
            works in the folder.
        KeyboardInterrupt: The user stopped the training; it can be resumed.
    """
    folder = _folder(subject)
    with fit.reserved(folder):
        check()
        task = _task(subject, settings)
        fit.discard_checkpoint(folder)
        return _train(task, tell)


def resume_training_step(
    subject: Subject, settings: TrainingSettings, tell: Callable[[str], None], check: Callable[[], None]
) -> Trained | None:
    """Resume an interrupted training if there is one; otherwise do as ``train_step`` does.

    Raises:
        FpgaEeError: As for ``train_step``, or the interrupted training was another one.
        KeyboardInterrupt: The user stopped the training again.
    """
    with fit.reserved(_folder(subject)):
        check()
        return _train(_task(subject, settings), tell)


@dataclass(frozen=True)
class _Task:
    """All objects of a training."""

    subject: Subject
    network: EarlyExitNetwork
    settings: TrainingSettings
    splits: tuple[LabelledImages, LabelledImages]
    folder: Path


def _folder(subject: Subject) -> Path:
    return subject.folder or OWN_MODELS / subject.name


def _task(subject: Subject, settings: TrainingSettings) -> _Task:
    folder = _folder(subject)
    check_output(folder, subject.known_source)
    network = make_network(subject.source, settings.seed)
    if subject.weights is not None:
        load_weights(network, subject.weights)
    splits = subject.images("train"), subject.images("validation")
    return _Task(subject, network, settings, splits, folder)


def _train(task: _Task, tell: Callable[[str], None]) -> Trained | None:
    name, start = task.subject.name, task.subject.weights
    try:
        result = fit.train(task.network, *task.splits, task.settings, task.folder)
    except (KeyboardInterrupt, SystemExit):
        # A signal that asks the process to end becomes a SystemExit.
        tell(
            "interrupted; the same command with --resume goes on after the last finished epoch"
            if fit.can_be_resumed(task.folder)
            else "interrupted before an epoch had finished, so there is nothing to resume"
        )
        raise
    if not fit.is_first_process():
        return None
    test_accuracy = _test_accuracy(task, tell)
    summary = training_summary(name, start, task.splits, result, test_accuracy)
    with replacing_together(task.folder, last=TRAINING_FILE) as temporary:
        save_weights(task.network, temporary / WEIGHTS_FILE)
        write_learning_curve_csv(result, temporary / "learning_curve.csv")
        write_learning_curve_png(name, result, temporary / "learning_curve.png")
        made = {"weights_sha256": weights_sha256(task.network), "source": task.subject.known_source}
        write_json(temporary / TRAINING_FILE, summary | made)
    fit.discard_checkpoint(task.folder)
    return Trained(result, test_accuracy, task.folder)


def _test_accuracy(task: _Task, tell: Callable[[str], None]) -> tuple[float, ...] | None:
    try:
        images = task.subject.images("test")
    except FpgaEeError as error:
        # After a training, a report without test accuracy is better than none.
        tell(f"no test accuracy: {error}")
        return None
    logits = logits_of(task.network, torch.from_numpy(images.inputs()))
    return exit_accuracies(logits, torch.from_numpy(images.labels))


def training_summary(
    network: str,
    start: Path | None,
    splits: Sequence[LabelledImages],
    result: TrainingResult,
    test_accuracy: Sequence[float] | None,
) -> dict[str, Any]:
    """Make the content of ``training.json``.

    It holds no time and no fact of the machine, so that the same training writes the same bytes.

    Args:
        network: The network's name.
        start: The weights from which the training started; None for random ones.
        splits: The images that were used.
        result: Figures of the training.
        test_accuracy: Accuracy of each exit, from 0 to 1; None where the test split is missing.
    """
    return {
        "network": network,
        "settings": asdict(result.settings),
        "start_sha256": sha256(start) if start else None,
        "splits": {split.name: len(split) for split in splits},
        "best_epoch": result.best.number,
        "stopping_epoch": result.stopping_epoch,
        "validation_loss": result.best.validation_loss,
        "validation_accuracy": list(result.best.validation_accuracy),
        "test_accuracy": list(test_accuracy) if test_accuracy else None,
        "epochs": [asdict(epoch) for epoch in result.epochs],
        "versions": {package: version(package) for package in ("torch", "lightning", "numpy")},
    }
