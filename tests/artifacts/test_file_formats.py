"""Files have the formats that the manifest states; a difference is refused by layer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from helpers.deploying import vouch_for
from helpers.exported import edit_manifest
from helpers.onnx_graphs import change_constant

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.errors import FpgaEeError


def everywhere(record: Any, part: tuple[str, str], **change: int) -> None:
    """Change a format of a layer, and all that are the same, so that they follow from one another."""
    layer, kind = part
    old = record["layers"][layer][kind]
    text = json.dumps({key: record[key] for key in ("stages", "layers")})
    record.update(json.loads(text.replace(json.dumps(old), json.dumps(old | change))))


FORMATS: dict[str, tuple[Callable[[Any], object], str]] = {
    "narrower weights": (
        lambda record: record["layers"]["backbone.0.layer.0"]["weight"].update(bits=3),
        r"backbone\.0\.layer\.0: its weight is int8 from -\d+ to \d+ with .*, not int8 from -3 to 3 with",
    ),
    "wider weights": (
        lambda record: record["layers"]["exits.2"]["weight"].update(bits=9),
        r"exits\.2: its weight is int8 .*, not int16",
    ),
    "a finer weight": (
        lambda record: [
            record["layers"]["exits.2"][kind].update(frac=record["layers"]["exits.2"][kind]["frac"] + 1)
            for kind in ("weight", "bias")
        ],
        r"exits\.2: its weight is int8",
    ),
    "narrower words": (
        lambda record: everywhere(record, ("backbone.1", "output"), bits=3),
        r"the output of backbone\.1 is int8 from -8 to 7 with -?\d+ fractional bits, not int8 from -4 to 3",
    ),
    "coarser logits": (
        lambda record: everywhere(record, ("exits.2", "output"), frac=3),
        r"the output of exits\.\d.* is int16 .* with 4 fractional bits, not .* with 3 fractional bits",
    ),
    "wider logits than their integers": (
        lambda record: everywhere(record, ("exits.2", "output"), bits=8),
        r"the output of exits\.\d.* is int16 from -32768 to 32767 with 4 fractional bits, not int8",
    ),
    "another name of a layer": (
        lambda record: record.update(
            layers={
                name.replace("backbone.1", "backbone.1.0"): each for name, each in record["layers"].items()
            }
        ),
        r"the manifest lacks the formats of its layer backbone\.1",
    ),
}


@pytest.mark.parametrize(("change", "message"), FORMATS.values(), ids=FORMATS.keys())
def test_formats_that_the_files_do_not_have_are_refused_by_layer(
    folder: Path, change: Callable[[Any], object], message: str
) -> None:
    edit_manifest(folder, change)
    with pytest.raises(
        FpgaEeError, match=rf"onnx is not what manifest\.json says: .*{message}.*; export again"
    ):
        load_manifest(folder)


@pytest.mark.parametrize(
    "file", ["backbone_1.onnx", "all_exits.onnx", "Deployed.onnx", "Deployed.batch.onnx"]
)
def test_integers_outside_of_their_format_are_refused_in_every_file(folder: Path, file: str) -> None:
    change_constant(folder / file, "backbone.1.weight", lambda values: np.full_like(values, -64))
    vouch_for(folder)
    with pytest.raises(
        FpgaEeError, match=rf"{file} is not .*: backbone\.1: its weight is int8 from -64 to 0"
    ):
        load_manifest(folder)


def of_kind(model: onnx.ModelProto, operator: str) -> onnx.NodeProto:
    return next(node for node in model.graph.node if node.op_type == operator)


def without_clip(model: onnx.ModelProto) -> None:
    clip = of_kind(model, "Clip")
    of_kind(model, "QuantizeLinear").input[0] = clip.input[0]
    model.graph.node.remove(clip)


def read_at_another_scale(model: onnx.ModelProto) -> None:
    scale = onnx.numpy_helper.from_array(np.float32(0.125), "another")
    model.graph.initializer.append(scale)
    model.graph.node[-1].input[1] = "another"


def with_another_zero(model: onnx.ModelProto) -> None:
    zero = onnx.numpy_helper.from_array(np.int8(1), "another")
    model.graph.initializer.append(zero)
    of_kind(model, "QuantizeLinear").input[2] = "another"


def clipped_off_the_grid(model: onnx.ModelProto) -> None:
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(0.3), "most"))
    model.graph.node[-1].output[0] = "unclipped"
    clip = onnx.helper.make_node("Clip", ["unclipped", "", "most"], ["feature_map_1"])
    model.graph.node.append(clip)


def without_quantization(model: onnx.ModelProto) -> None:
    of_kind(model, "Conv").output[0] = "feature_map_1"
    for operator in ("Clip", "QuantizeLinear"):
        model.graph.node.remove(of_kind(model, operator))
    del model.graph.node[-1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_clip, "the output of backbone.1 is int8 from -128 to 127"),
        (read_at_another_scale, "and is read with 3 fractional bits"),
        (with_another_zero, "is not quantized to integers of one power of two, with zero at zero"),
        (without_quantization, "feature_map_1 is not quantized"),
        (clipped_off_the_grid, "feature_map_1 is not quantized"),
    ],
)
def test_a_file_that_quantizes_otherwise_is_refused(
    folder: Path, change: Callable[[onnx.ModelProto], None], message: str
) -> None:
    path = folder / "backbone_1.onnx"
    model = onnx.load(path)
    change(model)
    path.write_bytes(model.SerializeToString())
    vouch_for(folder)
    with pytest.raises(FpgaEeError, match=rf"backbone_1\.onnx is not what manifest\.json says: .*{message}"):
        load_manifest(folder)


@pytest.mark.parametrize(
    ("constant", "values", "message"),
    [
        ("the scale", np.float32(np.inf), "is not quantized to integers of one power of two"),
        ("the scale", np.float32(np.nan), "is not quantized to integers of one power of two"),
        ("the scale", np.float32(-1.0), "is not quantized to integers of one power of two"),
        ("the scale", np.float32(0.75), "is not quantized to integers of one power of two"),
        ("the scale", np.ones(2, np.float32), "is not one number"),
        ("the scale", np.complex64(1), "is not one number"),
        ("int8.0", np.array("zero", object), "holds .*, which no format has"),
        ("int8.0", np.zeros(0, np.float32), "holds float32, which no format has"),
        ("backbone.1.weight", np.full(4, np.inf, np.float32), "holds float32, which no format has"),
    ],
)
def test_constants_that_no_export_has_are_one_line(
    folder: Path, constant: str, values: np.ndarray, message: str
) -> None:
    path = folder / "backbone_1.onnx"
    model = onnx.load(path)
    name = constant if constant != "the scale" else of_kind(model, "QuantizeLinear").input[1]
    found = next(each for each in model.graph.initializer if each.name == name)
    found.CopyFrom(onnx.numpy_helper.from_array(np.asarray(values), name))
    path.write_bytes(model.SerializeToString())
    vouch_for(folder)
    with pytest.raises(FpgaEeError, match=rf"backbone_1\.onnx is not .*{message}.*; export again") as refused:
        load_manifest(folder)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("left", [0, 1])
def test_a_layer_without_weights_is_refused(folder: Path, left: int) -> None:
    path = folder / "backbone_1.onnx"
    model = onnx.load(path)
    del of_kind(model, "Conv").input[left:]
    path.write_bytes(model.SerializeToString())
    vouch_for(folder)
    with pytest.raises(FpgaEeError, match=r"the manifest lacks the formats of its layer backbone\.1"):
        load_manifest(folder)
