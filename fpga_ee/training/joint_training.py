"""Joint training: trains all exits at once, with the weighted sum of their losses."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from lightning.pytorch import LightningModule
from torch import Tensor
from torch.nn import functional

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.batches import Batch
from fpga_ee.training.settings import TrainingSettings


def joint_loss(logits: Sequence[Tensor], labels: Tensor, weights: Sequence[float]) -> Tensor:
    """Compute the weighted sum of the exits' cross entropies.

    Args:
        logits: Per exit, float32 [N, classes].
        labels: int64 [N].
        weights: One per exit.

    Returns:
        float32 scalar, the mean over the batch.
    """
    losses = [
        weight * functional.cross_entropy(exit_logits, labels)
        for weight, exit_logits in zip(weights, logits, strict=True)
    ]
    return torch.stack(losses).sum()


class JointTraining(LightningModule):
    """The losses, optimizer and figures of an early-exit network, in Lightning's form.

    It logs ``train_loss``, ``validation_loss`` and, for every exit, ``accuracy_<exit>`` once per epoch.
    """

    def __init__(
        self, network: EarlyExitNetwork, settings: TrainingSettings, distort: Callable[[Tensor], Tensor]
    ) -> None:
        """Prepare to train ``network`` in place, on images that ``distort`` changes."""
        super().__init__()
        self.network = network
        self.settings = settings
        self.distort = distort

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:  # noqa: ARG002
        """Start every step from a random state of its own, so that a resumed run can start from it too."""
        words = (self.settings.seed, self.global_step, self.global_rank)
        torch.manual_seed(int(np.random.SeedSequence(words).generate_state(1)[0]))

    def training_step(self, batch: Batch) -> Tensor:
        """Compute the loss of one batch of distorted images."""
        images, labels = batch
        loss = self._loss(self.network(self.distort(images)), labels)
        self._log("train_loss", loss, len(labels))
        return loss

    def validation_step(self, batch: Batch) -> None:
        """Log loss and accuracies of one batch of unchanged images."""
        images, labels = batch
        logits = self.network(images)
        self._log("validation_loss", self._loss(logits, labels), len(labels))
        for index, exit_logits in enumerate(logits):
            right = exit_logits.argmax(dim=1) == labels
            self._log(f"accuracy_{index}", right.float().mean(), len(labels))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Make an Adam optimizer; the training record lowers its learning rate."""
        return torch.optim.Adam(self.network.parameters(), lr=self.settings.learning_rate)

    def _loss(self, logits: Sequence[Tensor], labels: Tensor) -> Tensor:
        return joint_loss(logits, labels, self.network.exit_loss_weights)

    def _log(self, name: str, value: Tensor, batch_size: int) -> None:
        self.log(name, value, batch_size=batch_size, on_step=False, on_epoch=True, sync_dist=True)
