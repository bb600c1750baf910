"""``manifest.json``: what the files in ``build/<network>/`` are, for every step below the border."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import AdditionFormats, FixedPoint, LayerFormats, check_word
from fpga_ee.artifacts.identifiers import check_network_name
from fpga_ee.artifacts.names import ALL_EXITS_FILE, MANIFEST, WEIGHTS_FILE, batch_file, conditional_file
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes, read_member
from fpga_ee.files.schemas import parse_versioned, record
from fpga_ee.files.writing import write_json

SCHEMA = 2

FIXED_POINT = "fixed-point"
FLOAT = "float"


@record
class TensorRecord:
    """A tensor between files.

    Attributes:
        shape: Shape for one image, without the batch dimension.
        format: Its format; None in a float export.
    """

    shape: tuple[int, ...]
    format: FixedPoint | None


@record
class RuleRecord:
    """An exit's rule."""

    criterion: Criterion
    threshold: float


@record
class StageRecord:
    """One stage: its files, the tensors they give and the rule of its exit (None for the last)."""

    backbone: str
    exit: str
    decision: str | None
    feature_map: TensorRecord
    logits: TensorRecord
    rule: RuleRecord | None


@record
class Measurement:
    """How the exported network did on images.

    Attributes:
        split: Which images.
        images: How many.
        exit_rates: Share of the images that left at each exit.
        exit_accuracies: Accuracy of each exit over all images.
        accuracy: Accuracy where every image is labelled by the exit it left at.
    """

    split: str
    images: int
    exit_rates: tuple[float, ...]
    exit_accuracies: tuple[float, ...]
    accuracy: float


@record
class Manifest:
    """The whole record.

    Attributes:
        network: Name of the network, and of the conditional models' files.
        source: What makes it: a name that ``fpga-ee networks`` lists, or ``package.module:Class``.
        data_set: Name of the data set that it is for; None for images that no name stands for.
        arithmetic: ``fixed-point`` or ``float``.
        input: The image.
        stages: All stages, in order.
        layers: Formats of the layers that multiply; empty in a float export.
        additions: Formats of the sums of feature maps; empty in a float export.
        measured: How the network did.
        versions: Versions of what made the files.
        files: SHA-256 of every file, by its name.
    """

    network: str
    source: str
    data_set: str | None
    arithmetic: str
    input: TensorRecord
    stages: tuple[StageRecord, ...]
    layers: Mapping[str, LayerFormats]
    additions: Mapping[str, AdditionFormats]
    measured: Measurement
    versions: Mapping[str, str]
    files: Mapping[str, str]

    @property
    def conditional(self) -> str:
        """File of the conditional model."""
        return conditional_file(self.network)

    @property
    def batch(self) -> str:
        """File of the conditional model that takes any number of images."""
        return batch_file(self.network)

    def __post_init__(self) -> None:
        """Check what belongs together.

        Raises:
            ValueError: The network's name names no file, the arithmetic is unknown, there are no stages,
                words are too wide, other exits than the early ones decide, or a file is not in ``files`` or
                not in the folder.
        """
        check_network_name(self.network)
        if self.arithmetic not in (FIXED_POINT, FLOAT):
            raise ValueError(f"{self.arithmetic} is no arithmetic; there are {FIXED_POINT} and {FLOAT}")
        if not self.stages:
            raise ValueError("it has no stages")
        self._check_words()
        for index, stage in enumerate(self.stages):
            early = index < len(self.stages) - 1
            if (stage.rule is not None, stage.decision is not None) != (early, early):
                raise ValueError(f"stage {index}: every exit but the last has a rule and a decision")
        used = {ALL_EXITS_FILE, WEIGHTS_FILE, self.conditional, self.batch}
        for stage in self.stages:
            used |= {stage.backbone, stage.exit, stage.decision or stage.exit}
        for name in sorted(used):
            if name not in self.files:
                raise ValueError(f"{name} is not among its files")
        for name in self.files:
            if Path(name).name != name:
                raise ValueError(f"{name} is not a file in its folder")

    def _check_words(self) -> None:
        """Check the formats of all words between layers, and of weights."""
        tensors = [("input", self.input)]
        for index, stage in enumerate(self.stages):
            tensors += [(f"feature map {index}", stage.feature_map), (f"logits {index}", stage.logits)]
        for what, tensor in tensors:
            if tensor.format is not None:
                check_word(what, tensor.format)
        for name, layer in self.layers.items():
            for format_ in (layer.input, layer.weight, layer.output):
                check_word(f"layer {name}", format_)
        for name, addition in self.additions.items():
            for format_ in (*addition.inputs, addition.output):
                check_word(f"addition {name}", format_)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, with the SHA-256 of the files it names as they are in ``folder``.

    Raises:
        FpgaEeError: A file is missing or the folder cannot be written.
    """
    files = {name: sha256(folder / name) for name in manifest.files}
    write_json(folder / MANIFEST, {"schema": SCHEMA, **asdict(replace(manifest, files=files))})


def load_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder and check every file against it.

    Raises:
        FpgaEeError: There is none, it is not one, or a file is missing or not the one it speaks of.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FpgaEeError(f"{folder} holds no {MANIFEST}: name a folder that `fpga-ee export` made")
    content = read_member(folder, MANIFEST, MOST_TEXT)
    manifest = parse_versioned(Manifest, SCHEMA, content, path, "a manifest", "export again")
    for name, recorded in manifest.files.items():
        if hashlib.sha256(read_member(folder, name)).hexdigest() != recorded:
            raise FpgaEeError(
                f"{folder / name} is not the file that {MANIFEST} names: its SHA-256 differs; export again"
            )
    return manifest


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        FpgaEeError: It cannot be read.
    """
    return hashlib.sha256(read_bytes(path)).hexdigest()
