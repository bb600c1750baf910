"""The images on which an exported network is run, as the command line names them."""

from dataclasses import dataclass
from pathlib import Path

from fpga_ee.artifacts.manifest import Manifest
from fpga_ee.datasets.data_set import Split
from fpga_ee.datasets.known_data_sets import find_data_set
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError


@dataclass(frozen=True)
class WantedImages:
    """Images as the command line names them.

    Attributes:
        split: Name of the split.
        data: Folder of the data set's files; None for embedded or downloaded ones.
        count: Number of images, from the first; None for all.
        data_set: Name of the data set; None for the one of the export's measurement.
    """

    split: Split
    data: Path | None = None
    count: int | None = None
    data_set: str | None = None

    def load(self, manifest: Manifest) -> LabelledImages:
        """Load the images.

        Raises:
            FpgaEeError: The data set does not exist, its files cannot be used, or there are fewer images.
        """
        name = self.data_set or manifest.data_set
        if name is None:
            raise FpgaEeError(
                f"the export of {manifest.network} was not measured on a known data set: "
                "name one with --dataset"
            )
        images = find_data_set(name).load(self.split, self.data)
        if self.count is None:
            return images
        if self.count > len(images):
            raise FpgaEeError(
                f"{images.name} has {len(images):,} images, not {self.count:,}: ask for fewer with --images"
            )
        return images.head(self.count)
