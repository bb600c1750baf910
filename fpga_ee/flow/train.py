"""Step 2: trained weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpga_ee.artifacts.names import WEIGHTS_FILE
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.errors import FpgaEeError
from fpga_ee.files import replacing_together, write_json
from fpga_ee.flow.subject import MODELS, Subject
from fpga_ee.networks.catalogue import make_network
from fpga_ee.reporting.learning_curve import write_learning_curve_csv, write_learning_curve_png
from fpga_ee.reporting.training_report import training_summary
from fpga_ee.training import fit
from fpga_ee.training.evaluation import exit_accuracies
from fpga_ee.training.fit import TrainingResult
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import load_weights, save_weights

TRAINING_FILE = "training.json"


@dataclass(frozen=True)
class Trained:
    """What a training has come to.

    Attributes:
        result: How it went.
        test_accuracy: Of each exit on the test split, between 0 and 1; None where that is not at hand.
        folder: Where weights, learning curve and accuracies are.
    """

    result: TrainingResult
    test_accuracy: Sequence[float] | None
    folder: Path


def train_step(
    subject: Subject, settings: TrainingSettings, start: Callable[[Path], None], tell: Callable[[str], None]
) -> Trained | None:
    """Train a network and write ``weights.safetensors``, ``training.json`` and the learning curve.

    Args:
        subject: The network; its ``weights`` are those to start from, random ones where there are none.
        settings: How to train.
        start: ``start_anew`` or ``resume``: what becomes of an interrupted training in the folder.
        tell: Told what the user should know besides.

    Returns:
        The result; None in all but the first of several processes that train together.

    Raises:
        FpgaEeError: There is no such network, or images, weights or folder cannot be used.
        KeyboardInterrupt: The user stopped the training; it can be resumed.
    """
    network = make_network(subject.source, settings.seed)
    folder = subject.folder or MODELS / subject.name
    if subject.weights is not None:
        load_weights(network, subject.weights)
    splits = load_mnist("train", subject.data), load_mnist("validation", subject.data)
    start(folder)
    try:
        result = fit.train(network, *splits, settings, folder)
    except KeyboardInterrupt:
        tell("interrupted; the same command with --resume goes on after the last finished epoch")
        raise
    if not fit.is_first_process():
        return None
    try:
        test_accuracy = exit_accuracies(network, load_mnist("test", subject.data))
    except FpgaEeError as error:
        # A report without it is better than none after a training.
        tell(f"no test accuracy: {error}")
        test_accuracy = None
    summary = training_summary(subject.name, subject.weights, splits, result, test_accuracy)
    with replacing_together(folder, last=TRAINING_FILE) as temporary:
        save_weights(network, temporary / WEIGHTS_FILE)
        write_learning_curve_csv(result, temporary / "learning_curve.csv")
        write_learning_curve_png(subject.name, result, temporary / "learning_curve.png")
        write_json(temporary / TRAINING_FILE, summary)
    fit.discard_checkpoint(folder)
    return Trained(result, test_accuracy, folder)


start_anew = fit.discard_checkpoint


def resume(folder: Path) -> None:
    """Leave an interrupted training where it is, so that the next one goes on from it."""
    del folder
