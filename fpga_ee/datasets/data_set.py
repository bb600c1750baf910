"""A data set for the rest of the program: a name, and three splits."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fpga_ee.datasets.labelled_images import LabelledImages

Split = Literal["train", "validation", "test"]
"""The splits: images for training, for thresholds and formats, and for results."""


@dataclass(frozen=True)
class DataSet:
    """One data set.

    Attributes:
        name: Its name on the command line and in records.
        title: Its name in tables.
        folders: Usual names of folders with its published files.
        loader: Loads a split from a folder of the published files; without a folder, from the package or from
            a
            download.
    """

    name: str
    title: str
    folders: tuple[str, ...]
    loader: Callable[[Split, Path | None], LabelledImages]

    def load(self, split: Split, data: Path | None) -> LabelledImages:
        """Load a split.

        Args:
            split: Name of the split.
            data: The folder of the published files, or one that contains this folder under one of its usual
                names
                (so that several data sets can lie side by side); None for the package or a download.

        Raises:
            FpgaEeError: A file is missing, damaged or of another data set, or the download fails.
        """
        return self.loader(split, None if data is None else self._own_folder(data))

    def _own_folder(self, data: Path) -> Path:
        inside = (data / name for name in self.folders)
        return next((folder for folder in inside if folder.is_dir()), data)
