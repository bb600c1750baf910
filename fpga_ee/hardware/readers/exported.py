"""Our own exports: one file per backbone part, exit and decision, and the manifest."""

from collections.abc import Sequence
from functools import partial
from math import prod
from pathlib import Path

import numpy as np

from fpga_ee.artifacts.formats import FixedPoint, LayerFormats
from fpga_ee.artifacts.manifest import Manifest, RuleRecord, StageRecord, TensorRecord, load_manifest
from fpga_ee.artifacts.names import feature_map, logits, stage_input
from fpga_ee.artifacts.onnx_files import read_exported
from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.graph import Decision, HardwareGraph, Stage, Table
from fpga_ee.hardware.network.layer_graph import LayerGraph
from fpga_ee.hardware.readers.conditional_model import decided_format, float_formats
from fpga_ee.hardware.readers.stage_layers import Formats, read_layers
from fpga_ee.hardware.readers.view import View

FLOAT_WIDTH = 16
"""Bits of data and weights at which a float network is estimated; published designs have these widths."""


def read_export(folder: Path) -> tuple[HardwareGraph, Manifest]:
    """Read the hardware graph of an exported network.

    Args:
        folder: ``build/<network>/``.

    Returns:
        The graph, and the manifest with the measured exit rates and accuracies.

    Raises:
        FpgaEeError: The manifest or a file is missing, altered or invalid, or hardware lacks an operator.
    """
    manifest = load_manifest(folder)

    def read(file: str, start: str, end: str, entering: FeatureMap) -> LayerGraph:
        view = View(read_exported(folder, file).graph)
        try:
            return read_layers(view, start, end, entering, manifest_formats(manifest))
        except FpgaEeError as error:
            raise FpgaEeError(f"{folder / file}: {error}") from error

    entering = image_of(manifest)
    stages = []
    for index, record in enumerate(manifest.stages):
        backbone = read(record.backbone, stage_input(index), feature_map(index), entering)
        # Rows and columns are kept where the file flattens them: hardware streams them either way.
        entering = backbone.output
        if entering.words != prod(record.feature_map.shape):
            raise FpgaEeError(
                f"{folder / record.backbone} gives {entering.words} words, but the manifest says "
                f"{list(record.feature_map.shape)}; export again"
            )
        exit_ = read(record.exit, feature_map(index), logits(index), entering)
        stages.append(Stage(backbone, exit_, _decision(index, record)))
    return HardwareGraph(manifest.network, tuple(stages)), manifest


def late_rates(manifest: Manifest) -> tuple[float, ...]:
    """Compute the share of all samples that reaches each later stage, from the measured exit rates."""
    left = np.cumsum(manifest.measured.exit_rates)[:-1]
    # A sum of rounded shares may miss 1, and a stage that no sample reaches would seem to be reached.
    least = 0.5 / manifest.measured.images
    return tuple(float(1 - share) if 1 - share > least else 0.0 for share in left)


def image_of(manifest: Manifest) -> FeatureMap:
    """Describe the image that enters the network."""
    return _feature_map(manifest.input)


def formats_of(manifest: Manifest, layer: str) -> LayerFormats:
    """Give the formats around a layer.

    Raises:
        FpgaEeError: The manifest lacks the layer.
    """
    if not manifest.layers:
        return float_formats(FLOAT_WIDTH)
    if layer not in manifest.layers:
        raise FpgaEeError(f"the manifest does not tell the formats of layer {layer}; export again")
    return manifest.layers[layer]


def manifest_formats(manifest: Manifest) -> Formats:
    """Give the formats of layers and sums in a manifest."""
    return Formats(partial(formats_of, manifest), partial(_sum_format, manifest))


def _sum_format(
    manifest: Manifest, summands: Sequence[FixedPoint], rounded: FixedPoint | None
) -> FixedPoint | None:
    """Find the format to which a sum of feature maps is rounded.

    Files name sums by their summands, and the manifest names them by the modules that add. So a sum is found
    by its formats.
    """
    if not manifest.layers:
        return float_formats(FLOAT_WIDTH).output
    if rounded is None:
        return None
    alike = [
        addition.output
        for addition in manifest.additions.values()
        if addition.inputs == tuple(summands) and addition.output.carried == rounded
    ]
    if not alike:
        added = " and ".join(map(str, summands))
        raise FpgaEeError(f"the manifest has no sum of {added} rounded to {rounded}; export again")
    # Where several are alike, the widest holds the sums of all; clips in the file limit the others.
    return max(alike, key=lambda format_: format_.bits)


def _feature_map(record: TensorRecord) -> FeatureMap:
    channels, rows, cols = (*record.shape, 1, 1)[:3]
    format_ = record.format or FixedPoint(FLOAT_WIDTH, signed=True, frac=FLOAT_WIDTH // 2)
    return FeatureMap(channels, rows, cols, format_)


def _decision(index: int, record: StageRecord) -> Decision | None:
    if record.rule is None:
        return None
    leaving = _feature_map(record.logits)
    return Decision(f"decision.{index}", leaving, record.rule.criterion, _tables(record.rule, record.logits))


def _tables(rule: RuleRecord, logits: TensorRecord) -> tuple[Table, ...]:
    # A float export decides in float, but hardware would decide by the integer rule.
    format_ = logits.format or decided_format(_feature_map(logits).format)
    constants = rule.on_integers(format_).constants.values()
    return tuple(Table.of(values) for values in constants if values.ndim)
