"""Trains a network until its validation loss no longer falls."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from lightning.pytorch import Trainer
from lightning.pytorch.utilities import rank_zero_only

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import check_writable, locked
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.augmentation import distort, distort_and_mirror
from fpga_ee.training.batches import TrainingBatches
from fpga_ee.training.checkpoint import checkpoint_to_resume, damaged
from fpga_ee.training.fitting_images import check_fits
from fpga_ee.training.joint_training import JointTraining
from fpga_ee.training.progress_bar import TrainingProgress
from fpga_ee.training.record import Epoch, TrainingRecord
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import weights_sha256

CHECKPOINT_NAME = "interrupted.ckpt"


@dataclass(frozen=True)
class TrainingResult:
    """The figures of a training, epoch by epoch.

    Attributes:
        settings: Settings of the training.
        epochs: Every epoch, in order.
        best: The epoch with the lowest validation loss, whose weights the network has now.
    """

    settings: TrainingSettings
    epochs: tuple[Epoch, ...]
    best: Epoch

    @property
    def stopping_epoch(self) -> int:
        """Number of the last epoch."""
        return self.epochs[-1].number


def check_trainable(network: EarlyExitNetwork) -> None:
    """Check that the loss of an exit depends on a parameter.

    Raises:
        FpgaEeError: Every parameter is frozen, or ``forward`` stops PyTorch's gradients.
    """
    with torch.enable_grad():
        every_exit = network(torch.zeros(2, *network.input_shape))
    if not any(logits.requires_grad for logits in every_exit):
        raise FpgaEeError(
            f"nothing of {type(network).__name__} can be trained: leave requires_grad to a parameter, and "
            "torch.no_grad() out of forward"
        )


def train(
    network: EarlyExitNetwork,
    train_images: LabelledImages,
    validation_images: LabelledImages,
    settings: TrainingSettings,
    folder: Path,
) -> TrainingResult:
    """Train ``network`` in place, and leave the weights of its best epoch in it.

    A checkpoint is written into ``folder`` after every epoch. If one exists there already, the training is
    resumed from it, and ends as if it had never been interrupted; ``discard_checkpoint`` removes it. All
    accelerators of the machine (or of the job, on a cluster) are used.

    Raises:
        FpgaEeError: The images do not fit the network, nothing of it can be trained, the folder cannot be
            written, the checkpoint cannot be used, or the loss diverges.
        KeyboardInterrupt: The user stopped the training.
    """
    network.eval()
    check_fits(network, train_images)
    check_fits(network, validation_images)
    check_trainable(network)
    check_writable(folder)
    record = TrainingRecord(
        network,
        settings,
        checkpoint=folder / CHECKPOINT_NAME,
        training={
            "network": type(network).__name__,
            "train images": f"{len(train_images)} of {train_images.name}",
            "validation images": f"{len(validation_images)} of {validation_images.name}",
            **asdict(settings),
            "SHA-256 of the first weights": weights_sha256(network),
        },
    )
    batches = TrainingBatches(train_images, validation_images, settings.batch_size, settings.seed)
    _put_channels_last(network)
    network.train()
    with _quiet_lightning(), _global_state_restored():
        trainer = Trainer(
            max_epochs=settings.max_epochs,
            accelerator="auto",
            devices="auto",
            strategy="auto",
            deterministic="warn",
            callbacks=[record, TrainingProgress(record)],
            num_sanity_val_steps=0,
            # Record and progress do the work of these.
            logger=False,
            enable_progress_bar=False,
            enable_checkpointing=False,
            enable_model_summary=False,
        )
        module = JointTraining(network, settings, distort_and_mirror if train_images.mirrored else distort)
        checkpoint = checkpoint_to_resume(record, module, module.configure_optimizers())
        try:
            trainer.fit(
                module,
                datamodule=batches,
                ckpt_path=checkpoint,
                weights_only=True,
            )
        except SystemExit as stop:
            # Lightning makes this exit of Ctrl-C; other codes are those of signals.
            if stop.code == 1:
                raise KeyboardInterrupt from stop
            raise
        except FpgaEeError:
            raise
        except Exception as error:
            # Other damage of the checkpoint shows only while it is restored.
            if checkpoint is not None and not record.begun:
                raise damaged(checkpoint) from error
            raise
    _put_channels_first(network)
    network.load_state_dict(record.best_weights)
    network.eval()
    return TrainingResult(settings, tuple(record.epochs), record.best)


def reserved(folder: Path) -> AbstractContextManager[None]:
    """Lock a folder for one training; several processes that train together are one training.

    Raises:
        FpgaEeError: Another training works in it.
    """
    return locked(folder) if is_first_process() else nullcontext()


def can_be_resumed(folder: Path) -> bool:
    """Tell whether there is a checkpoint of an interrupted training in ``folder``."""
    return (folder / CHECKPOINT_NAME).exists()


@rank_zero_only
def discard_checkpoint(folder: Path) -> None:
    """Remove the checkpoint of an interrupted training in ``folder``, so that the next training starts anew.

    Raises:
        FpgaEeError: The checkpoint cannot be removed.
    """
    path = folder / CHECKPOINT_NAME
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FpgaEeError(
            f"cannot remove {path}: {error.strerror or error}; choose another folder"
        ) from error


def is_first_process() -> bool:
    """Tell whether this process writes files and prints; of several that train together, only one does."""
    return int(getattr(rank_zero_only, "rank", 0)) == 0


def _put_channels_last(network: EarlyExitNetwork) -> None:
    """Order the weights so that convolutions learn in two thirds of the time, if the network allows it."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's types lack it
    try:
        with torch.inference_mode():
            network(torch.zeros(2, *network.input_shape))
    except RuntimeError:
        # Tensor.view() of a feature map cannot reorder it.
        _put_channels_first(network)


def _put_channels_first(network: EarlyExitNetwork) -> None:
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


@contextmanager
def _global_state_restored() -> Iterator[None]:
    """Restore the global state that a seeded, deterministic training changes."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Hide notices and warnings about Lightning itself."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
