"""A data set, as the rest of the program sees it: a name, and three splits."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fpga_ee.datasets.labelled_images import LabelledImages

Split = Literal["train", "validation", "test"]
"""Images to train on, to choose thresholds and formats on, and to report on."""


@dataclass(frozen=True)
class DataSet:
    """One data set.

    Attributes:
        name: What it is called on the command line and in records.
        title: What it is called in tables.
        folders: How folders of its published files are usually called.
        loader: Loads a split from a folder of the published files; without one, from the package or by
            downloading once.
    """

    name: str
    title: str
    folders: tuple[str, ...]
    loader: Callable[[Split, Path | None], LabelledImages]

    def load(self, split: Split, data: Path | None) -> LabelledImages:
        """Load a split.

        Args:
            split: Which one.
            data: The folder of the published files, or one that holds this folder under one of its usual
                names (so that several data sets may lie side by side); None for what is at hand without.

        Raises:
            FpgaEeError: A file is missing, damaged or of another data set, or the download fails.
        """
        return self.loader(split, None if data is None else self._own_folder(data))

    def _own_folder(self, data: Path) -> Path:
        inside = (data / name for name in self.folders)
        return next((folder for folder in inside if folder.is_dir()), data)
