"""``manifest.json``: what the files in ``build/<network>/`` are, for every step below the border."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.artifacts.names import MANIFEST
from fpga_ee.errors import FpgaEeError
from fpga_ee.files import read_json, write_json

SCHEMA = 1

FIXED_POINT = "fixed-point"
FLOAT = "float"


@dataclass(frozen=True)
class TensorRecord:
    """A tensor between files.

    Attributes:
        shape: Shape for one image, without the batch dimension.
        format: Its format; None in a float export.
    """

    shape: tuple[int, ...]
    format: FixedPoint | None


@dataclass(frozen=True)
class RuleRecord:
    """An exit's rule: ``top1`` or ``entropy``, and its threshold."""

    criterion: str
    threshold: float


@dataclass(frozen=True)
class StageRecord:
    """One stage: its files, the tensors they give and the rule of its exit (None for the last)."""

    backbone: str
    exit: str
    decision: str | None
    feature_map: TensorRecord
    logits: TensorRecord
    rule: RuleRecord | None


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Manifest:
    """The whole record.

    Attributes:
        network: Name of the network, and of the conditional model's file.
        source: What makes it: a name that ``fpga-ee networks`` lists, or ``package.module:Class``.
        arithmetic: ``fixed-point`` or ``float``.
        input: The image.
        stages: All stages, in order.
        layers: Formats of the layers that multiply; empty in a float export.
        measured: How the network did.
        versions: Versions of what made the files.
        files: SHA-256 of every file, by its name.
    """

    network: str
    source: str
    arithmetic: str
    input: TensorRecord
    stages: tuple[StageRecord, ...]
    layers: Mapping[str, LayerFormats]
    measured: Measurement
    versions: Mapping[str, str]
    files: Mapping[str, str]

    @property
    def conditional(self) -> str:
        """File of the conditional model."""
        return f"{self.network}.onnx"

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read what ``write_manifest`` wrote.

        Raises:
            KeyError: Something is missing.
            TypeError: Something is of another type.
            ValueError: The schema is another one.
        """
        if record["schema"] != SCHEMA:
            raise ValueError(f"schema {record['schema']} is not {SCHEMA}")
        return cls(
            network=record["network"],
            source=record["source"],
            arithmetic=record["arithmetic"],
            input=_tensor(record["input"]),
            stages=tuple(_stage(stage) for stage in record["stages"]),
            layers={
                name: LayerFormats(**{role: FixedPoint(**format_) for role, format_ in formats.items()})
                for name, formats in record["layers"].items()
            },
            measured=_measurement(record["measured"]),
            versions=dict(record["versions"]),
            files=dict(record["files"]),
        )


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
    try:
        manifest = Manifest.from_json(read_json(path))
    except KeyError as error:
        raise FpgaEeError(f"{path} is not a manifest: {error} is missing; export again") from error
    except (AttributeError, TypeError, ValueError) as error:
        raise FpgaEeError(f"{path} is not a manifest: {error}; export again") from error
    for name, recorded in manifest.files.items():
        if sha256(folder / name) != recorded:
            raise FpgaEeError(
                f"{folder / name} is not the file that {MANIFEST} names: its SHA-256 differs; export again"
            )
    return manifest


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        FpgaEeError: It cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error


def _tensor(record: Mapping[str, Any]) -> TensorRecord:
    format_ = record["format"]
    return TensorRecord(tuple(record["shape"]), None if format_ is None else FixedPoint(**format_))


def _stage(record: Mapping[str, Any]) -> StageRecord:
    rule = record["rule"]
    return StageRecord(
        backbone=record["backbone"],
        exit=record["exit"],
        decision=record["decision"],
        feature_map=_tensor(record["feature_map"]),
        logits=_tensor(record["logits"]),
        rule=None if rule is None else RuleRecord(**rule),
    )


def _measurement(record: Mapping[str, Any]) -> Measurement:
    return Measurement(
        split=record["split"],
        images=record["images"],
        exit_rates=tuple(record["exit_rates"]),
        exit_accuracies=tuple(record["exit_accuracies"]),
        accuracy=record["accuracy"],
    )
