"""A file in which filters have grids of their own has those of the manifest."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from helpers.deploying import export_quantized, vouch_for
from helpers.exported import RULES, edit_manifest, three_exits
from helpers.filter_grids import with_grids_of_filters
from helpers.onnx_graphs import change_constant
from helpers.shared import shared
from helpers.small_networks import stripes

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.errors import FpgaEeError

LAYER = "backbone.1"


def _export(folder: Path) -> None:
    network, quantized = three_exits(stripes("stripes", 60, 1))
    export_quantized(network, with_grids_of_filters(network, quantized, seed=1), RULES, folder)


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(shared("grids_of_filters", _export), folder)
    return folder


def test_the_manifest_tells_the_grids_of_filters_and_the_files_have_them(exported: Path) -> None:
    layer = load_manifest(exported).layers[LAYER]
    constants = {
        tensor.name: onnx.numpy_helper.to_array(tensor)
        for tensor in onnx.load(exported / "backbone_1.onnx").graph.initializer
    }
    for name, format_ in (("weight", layer.weight), ("bias", layer.bias)):
        steps = [2.0 ** (coarser - format_.frac) for coarser in layer.coarser]
        assert constants[f"{LAYER}.{name}_scale"].tolist() == steps
        assert constants[f"{LAYER}.{name}_zero_point"].tolist() == [0] * len(steps)


OTHER_GRIDS: dict[str, Callable[[Any], object]] = {
    "one for all": lambda layer: layer.update(coarser=[]),
    "in another order": lambda layer: layer["coarser"].reverse(),
    "of more filters": lambda layer: layer["coarser"].append(1),
}


@pytest.mark.parametrize("change", OTHER_GRIDS.values(), ids=OTHER_GRIDS.keys())
def test_other_grids_than_those_of_the_files_are_refused_by_layer(
    exported: Path, change: Callable[[Any], object]
) -> None:
    edit_manifest(exported, lambda record: change(record["layers"][LAYER]))
    with pytest.raises(FpgaEeError, match=r"backbone\.1: its weight is int8 .* fractional bits, not int8 .*"):
        load_manifest(exported)


def test_grids_too_far_apart_are_refused(exported: Path) -> None:
    edit_manifest(exported, lambda record: record["layers"][LAYER].update(coarser=[0, 17, 0, 0]))
    with pytest.raises(FpgaEeError, match="0 to 17 bits coarser than the finest of them are outside 0 to 16"):
        load_manifest(exported)


def test_a_file_with_another_grid_of_one_filter_is_refused(exported: Path) -> None:
    def doubled_first(scales: np.ndarray) -> np.ndarray:
        return scales * np.array([2, *[1] * (len(scales) - 1)], np.float32)

    change_constant(exported / "backbone_1.onnx", f"{LAYER}.bias_scale", doubled_first)
    vouch_for(exported)
    with pytest.raises(FpgaEeError, match=r"backbone_1\.onnx is not .*backbone\.1: its bias is int32"):
        load_manifest(exported)


def test_scales_of_another_dimension_than_the_filters_are_refused(exported: Path) -> None:
    """Weights of 4 filters and 4 channels have as many scales either way."""
    path = exported / "backbone_1.onnx"
    model = onnx.load(path)
    node = next(node for node in model.graph.node if node.input[0] == f"{LAYER}.weight")
    node.attribute[0].i = 1
    path.write_bytes(model.SerializeToString())
    vouch_for(exported)
    with pytest.raises(FpgaEeError, match="has several scales, and not one for each filter"):
        load_manifest(exported)
