"""The network that a step works on, its trained weights, and the folder of its results."""

from dataclasses import dataclass
from pathlib import Path

from fpga_ee.artifacts.names import WEIGHTS_FILE
from fpga_ee.datasets.data_set import DataSet, Split
from fpga_ee.datasets.known_data_sets import find_data_set
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import canonical, make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.shipped import MODELS
from fpga_ee.training.origin import check_origin
from fpga_ee.training.weights import load_weights

OWN_MODELS = Path("models")
"""Folder of the weights that were trained here, in the current folder."""

BUILD = Path("build")


def trained_weights(name: str) -> Path | None:
    """Find the trained weights of a network: the user's in ``models/``, else those of the package."""
    paths = (folder / name / WEIGHTS_FILE for folder in (OWN_MODELS, MODELS))
    return next((path for path in paths if path.exists()), None)


@dataclass(frozen=True)
class Subject:
    """A network on its way through the flow.

    Attributes:
        source: A known name or ``package.module:Class``.
        weights: Its trained weights; None for those that ``trained_weights`` finds.
        folder: Folder for results; None for ``build/<network>``.
        data: Folder of the data set's files; None for embedded or downloaded ones.
        data_set: Name of the data set; None for the network's own.
    """

    source: str
    weights: Path | None = None
    folder: Path | None = None
    data: Path | None = None
    data_set: str | None = None

    @property
    def name(self) -> str:
        """Name of the network: the name of its class."""
        return self.source.rpartition(":")[2]

    @property
    def known_source(self) -> str:
        """The network's source, as files record it."""
        return canonical(self.source)

    @property
    def build_folder(self) -> Path:
        """Folder of the results."""
        return self.folder or BUILD / self.name

    def network(self) -> EarlyExitNetwork:
        """Make the float network with its trained weights, in evaluation mode.

        Raises:
            FpgaEeError: The network does not exist, or no weights fit it and are those of their training.
        """
        network = make_network(self.source)
        path = self.weights or trained_weights(self.name)
        if path is None or not path.exists():
            wanted = path or OWN_MODELS / self.name / WEIGHTS_FILE
            raise FpgaEeError(
                f"{wanted} does not exist; run `fpga-ee train {self.source}` first, or name trained weights"
            )
        check_origin(path, self.known_source)
        load_weights(network, path)
        return network.eval()

    def found_data_set(self) -> DataSet:
        """Find the data set that the network is trained and evaluated on.

        Raises:
            FpgaEeError: The network or the data set does not exist.
        """
        return find_data_set(self.data_set or make_network(self.source).data_set)

    def images(self, split: Split) -> LabelledImages:
        """Load images of its data set.

        Raises:
            FpgaEeError: The data set does not exist, or its files cannot be used.
        """
        return self.found_data_set().load(split, self.data)
