"""``manifest.json``: describes the files in ``build/<network>/`` for all steps of the hardware half."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Annotated

import onnx
from annotated_types import Interval, Len

from fpga_ee.artifacts import interfaces as onnx_types
from fpga_ee.artifacts.file_formats import check_formats_of_file
from fpga_ee.artifacts.format_chain import check_formats
from fpga_ee.artifacts.formats import AdditionFormats, FixedPoint, LayerFormats, check_word
from fpga_ee.artifacts.identifiers import check_network_name
from fpga_ee.artifacts.interfaces import Interface, Tensor, check_constants, check_interface
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.names import (
    ALL_EXITS_FILE,
    EXIT_INDEX,
    IMAGE,
    LABEL,
    LOGITS,
    MANIFEST,
    WEIGHTS_FILE,
    batch_file,
    conditional_file,
    decision,
    feature_map,
    logits,
    take,
)
from fpga_ee.artifacts.onnx_files import parsed_export
from fpga_ee.artifacts.rules.constants import Constants, float_constants, integer_constants
from fpga_ee.artifacts.rules.criteria import criterion_named
from fpga_ee.artifacts.rules.criterion import IntegerRule
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes, read_member
from fpga_ee.files.schemas import parse_versioned, record
from fpga_ee.files.writing import write_json

SCHEMA = 3

FIXED_POINT = "fixed-point"
FLOAT = "float"


@record
class TensorRecord:
    """A tensor between files.

    Attributes:
        shape: Shape of one image's tensor, without the batch dimension.
        format: Its format; None in a float export.
    """

    shape: Annotated[tuple[Annotated[int, Interval(ge=1)], ...], Len(1)]
    format: FixedPoint | None


@record
class RuleRecord:
    """An exit's rule.

    Attributes:
        criterion: Name of the criterion.
        threshold: The threshold of the criterion's measure.
    """

    criterion: str
    threshold: float

    def __post_init__(self) -> None:
        """Check criterion and threshold.

        Raises:
            ValueError: The criterion does not exist, or the threshold is outside its range.
        """
        criterion_named(self.criterion).check_threshold(self.threshold)

    def on_integers(self, logits: FixedPoint) -> IntegerRule:
        """Make the integer rule for logits of a format.

        Raises:
            FpgaEeError: The logits have so many fractional bits that the rule's tables would be too long.
        """
        return criterion_named(self.criterion).integer_rule(self.threshold, logits)

    def constants(self, logits: FixedPoint | None) -> Constants:
        """Make the constants of the rule's decision file, for logits of a format or, without one, of floats.

        Raises:
            FpgaEeError: As for :meth:`on_integers`.
        """
        if logits is None:
            return float_constants(self.threshold)
        return integer_constants(self.on_integers(logits), logits)


@record
class StageRecord:
    """One stage: its files, its tensors, and the rule of its exit (None for the last)."""

    backbone: str
    exit: str
    decision: str | None
    feature_map: TensorRecord
    logits: TensorRecord
    rule: RuleRecord | None


@record
class Manifest:
    """The whole record.

    Attributes:
        network: Name of the network, and of the conditional models' files.
        source: The network's source: a name that ``fpga-ee networks`` lists, or ``package.module:Class``.
        data_set: Name of its data set; None for images of no known data set.
        arithmetic: ``fixed-point`` or ``float``.
        input: The image.
        stages: All stages, in order.
        layers: Formats of the layers that multiply; empty in a float export.
        additions: Formats of the sums of feature maps; empty in a float export.
        measured: Exit rates and accuracies of the exported network.
        warnings: Facts to know before use: exits that lose accuracy or decide nothing, weights that vanish.
        versions: Versions of the tools that made the files.
        files: SHA-256 of every file, by name.
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
    warnings: tuple[str, ...]
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
        """Check that the fields fit together.

        Raises:
            ValueError: The network's name cannot name a file, the arithmetic is unknown, there are no stages,
                words are too wide, the exits but the last are not those that decide, a file is not in
                ``files`` or not in the folder, or shapes, formats and measurement do not belong to one
                network.
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
        self._check_files()
        if len(self.measured.exit_rates) != len(self.stages):
            raise ValueError(
                f"it measured {len(self.measured.exit_rates)} exits, but there are {len(self.stages)} stages"
            )
        self._check_shapes()
        self._check_formats()

    def _check_files(self) -> None:
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
        for owner, tensor in tensors:
            if tensor.format is not None:
                check_word(owner, tensor.format)
        for name, layer in self.layers.items():
            for format_ in (layer.input, layer.weight, layer.output):
                check_word(f"layer {name}", format_)
        for name, addition in self.additions.items():
            for format_ in (*addition.inputs, addition.output):
                check_word(f"addition {name}", format_)

    def _check_shapes(self) -> None:
        if len(self.input.shape) != 3:
            raise ValueError(f"its input has the shape {list(self.input.shape)}, not channels, rows, columns")
        shapes = [stage.logits.shape for stage in self.stages]
        if len(shapes[0]) != 1 or len(set(shapes)) != 1:
            raise ValueError(f"its exits give logits {', '.join(str(list(shape)) for shape in shapes)}")

    def _check_formats(self) -> None:
        tensors = [(stage.feature_map.format, stage.logits.format) for stage in self.stages]
        if self.arithmetic == FLOAT:
            if self.layers or self.additions or any((self.input.format, *chain(*tensors))):
                raise ValueError("it is a float export, but it tells fixed-point formats")
        else:
            check_formats(self.input.format, tensors, self.layers, self.additions)

    def tensor_formats(self) -> dict[str, FixedPoint]:
        """List the formats of feature maps and logits, by the names of the tensors.

        A float export has None instead.
        """
        records: dict[str, TensorRecord] = {}
        for index, stage in enumerate(self.stages):
            records |= {feature_map(index): stage.feature_map, logits(index): stage.logits}
        return {name: tensor.format for name, tensor in records.items() if tensor.format is not None}

    def interfaces(self) -> dict[str, Interface]:
        """List the inputs and outputs of every ONNX file."""
        image = _tensor(IMAGE, self.input)
        files: dict[str, Interface] = {}
        entering, every_exit = image, []
        for index, stage in enumerate(self.stages):
            here, scores = (
                _tensor(feature_map(index), stage.feature_map),
                _tensor(logits(index), stage.logits),
            )
            files[stage.backbone] = Interface((entering,), (here,))
            files[stage.exit] = Interface((here,), (scores,))
            if stage.decision is not None:
                takes = Tensor(take(index), onnx_types.BOOLEAN, (onnx_types.ANY,))
                files[stage.decision] = Interface((scores,), (takes,))
            entering = here
            every_exit.append(scores)
        files[ALL_EXITS_FILE] = Interface((image,), tuple(every_exit))
        classes = self.stages[0].logits.shape
        for file, images in ((self.conditional, 1), (self.batch, onnx_types.ANY)):
            files[file] = Interface(
                (Tensor(IMAGE, onnx_types.FLOAT, (images, *self.input.shape)),),
                (
                    Tensor(LOGITS, onnx_types.FLOAT, (images, *classes)),
                    Tensor(EXIT_INDEX, onnx_types.INTEGER, (images,)),
                    Tensor(LABEL, onnx_types.INTEGER, (images,)),
                ),
            )
        return files


def _tensor(name: str, record: TensorRecord) -> Tensor:
    return Tensor(name, onnx_types.FLOAT, (onnx_types.ANY, *record.shape))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, with the SHA-256 of the files in ``folder`` that it names.

    Raises:
        FpgaEeError: A file is missing or the folder cannot be written.
    """
    files = {name: sha256(folder / name) for name in manifest.files}
    write_json(folder / MANIFEST, {"schema": SCHEMA, **asdict(replace(manifest, files=files))})


def load_manifest(folder: Path) -> Manifest:
    """Read the manifest of a folder, and check every file against it.

    Raises:
        FpgaEeError: The manifest is missing or no manifest, or a file is missing, or differs from the file
            that the manifest describes.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise FpgaEeError(f"{folder} holds no {MANIFEST}: name a folder that `fpga-ee export` made")
    content = read_member(folder, MANIFEST, MOST_TEXT)
    manifest = parse_versioned(Manifest, SCHEMA, content, path, "a manifest", "export again")
    interfaces = manifest.interfaces()
    missing = {*manifest.layers, *manifest.additions}
    for name, recorded in manifest.files.items():
        file = read_member(folder, name)
        if hashlib.sha256(file).hexdigest() != recorded:
            raise FpgaEeError(
                f"{folder / name} is not the file that {MANIFEST} names: its SHA-256 differs; export again"
            )
        if name in interfaces:
            model = parsed_export(folder / name, file)
            try:
                missing -= _check_file(manifest, name, model, interfaces[name])
            except (ValueError, FpgaEeError) as error:
                raise FpgaEeError(
                    f"{folder / name} is not what {MANIFEST} says: {error}; export again"
                ) from error
    if missing:
        raise FpgaEeError(f"{path} tells of {min(missing):.60}, which no file has; export again")
    return manifest


def _check_file(manifest: Manifest, name: str, model: onnx.ModelProto, interface: Interface) -> set[str]:
    """Check a file; the names of the layers and additions of the manifest that are in it."""
    check_interface(model, interface)
    for index, stage in enumerate(manifest.stages):
        if stage.decision == name and stage.rule is not None:
            rule = f"{stage.rule.criterion} {stage.rule.threshold}"
            check_constants(model, decision(index), stage.rule.constants(stage.logits.format), rule)
    if manifest.arithmetic != FIXED_POINT:
        return set()
    tensors = manifest.tensor_formats()
    return check_formats_of_file(model.graph, manifest.layers, manifest.additions, tensors)


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal.

    Raises:
        FpgaEeError: The file cannot be read.
    """
    return hashlib.sha256(read_bytes(path)).hexdigest()
