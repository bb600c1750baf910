"""The order of images in the training, which is the same in every run with the same seed."""

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from fpga_ee.datasets.labelled_images import LabelledImages

Batch = tuple[Tensor, Tensor]
"""Images float32 [N, channels, height, width] and labels int64 [N]."""

VALIDATED_AT_ONCE = 128
"""Images of a validation batch.

Nothing is learned from it, so it need not be as small as a training batch.
"""


class TrainingBatches(LightningDataModule):
    """Both splits as batches: shuffled anew every epoch for training, in order for validation.

    The shuffle depends only on seed and epoch, so a resumed run has the order of an uninterrupted one. Where
    several processes train together, each gets its own share.
    """

    def __init__(self, train: LabelledImages, validation: LabelledImages, batch_size: int, seed: int) -> None:
        """Take the splits without a copy."""
        super().__init__()
        self.train, self.validation = _Images(train), _Images(validation)
        self.batch_size = batch_size
        self.seed = seed

    def train_dataloader(self) -> DataLoader[Batch]:
        """Make batches of the training split."""
        return _loader(self.train, self.batch_size, self._sampler(self.train, shuffle=True))

    def val_dataloader(self) -> DataLoader[Batch]:
        """Make batches of the validation split."""
        return _loader(self.validation, VALIDATED_AT_ONCE, self._sampler(self.validation, shuffle=False))

    def _sampler(self, images: "_Images", *, shuffle: bool) -> DistributedSampler[Batch]:
        if self.trainer is None:
            raise RuntimeError("batches are made for the processes of a trainer")
        sampler: DistributedSampler[Batch] = DistributedSampler(
            images,
            num_replicas=self.trainer.world_size,
            rank=self.trainer.global_rank,
            shuffle=shuffle,
            seed=self.seed,
        )
        # Lightning does this for every later epoch, but it fetches the first batches of a resumed run
        # earlier.
        sampler.set_epoch(self.trainer.current_epoch)
        return sampler


class _Images(Dataset[Batch]):
    """Reads whole batches by their indices, which is far quicker than image by image."""

    def __init__(self, images: LabelledImages) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        batch = self.images.at(indices)
        return torch.from_numpy(batch.inputs()), torch.from_numpy(batch.labels)


def _loader(images: _Images, batch_size: int, sampler: DistributedSampler[Batch]) -> DataLoader[Batch]:
    return DataLoader(images, batch_size, sampler=sampler, collate_fn=_as_it_is)


def _as_it_is(batch: Any) -> Any:
    return batch
