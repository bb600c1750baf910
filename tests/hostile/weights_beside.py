"""A model whose weights are in a file beside it, with wrong statements about their place."""

from pathlib import Path
from random import Random

import onnx
from helpers.onnx_files import Builder, chain_model
from onnx import TensorProto

from hostile.models import graphs

FILE = "weights.bin"
"""The file beside the model."""

_ELSEWHERE = (
    "nowhere", "", ".", "..", "./weights.bin", "../weights.pth", "../large/weights.bin", "/etc/passwd",
    "/dev/zero", "weights.bin/", "weights.bin\0", "large/weights.bin", "x" * 300, "naïve ☃",
)  # fmt: skip
"""Places without weights, or with weights that may not be read."""

_NO_PLACES = ("-1", str(2**31), str(2**62), str(10**40), "x", "0x10", "1e3", "", "nan", "[/b]", "9" * 5000)
"""No offsets and no lengths."""


def make_large_model(folder: Path) -> None:
    """Write a small float model with all its weights in one file beside it, as large ones have them."""
    folder.mkdir()
    layers = Builder("image").conv("first", (1, 5), 5, 4).pool_relu("first").linear("second", (1280, 10))
    model = onnx.load_model_from_string(chain_model(folder / "model.onnx", layers).read_bytes())
    content = b""
    for tensor in _tensors(model):
        place = {"location": FILE, "offset": str(len(content)), "length": str(len(tensor.raw_data))}
        content += tensor.raw_data
        _put(tensor, place)
    (folder / FILE).write_bytes(content)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def break_place(path: Path, random: Random) -> tuple[bool, str]:
    """Move the place of a tensor of a model with weights beside it.

    Returns:
        True if the model is invalid by construction, and the change in words.
    """
    model = onnx.load_model_from_string(path.read_bytes())
    tensor = random.choice(list(_tensors(model)))
    place = {entry.key: entry.value for entry in tensor.external_data}
    offset, length = int(place["offset"]), int(place["length"])
    size = (path.parent / FILE).stat().st_size
    invalid = True
    match random.choice(("location", "offset", "length", "no location", "whole", "kind", "inside", "more")):
        case "location":
            change = {"location": random.choice((*_ELSEWHERE, str(path.parent / FILE)))}
        case "offset":
            change = {"offset": random.choice((*_NO_PLACES, str(size), str(size - length + 1)))}
        case "length":
            others = (0, 1, length - 1, length + 1, length + 4, size - offset + 1)
            change = {"length": random.choice((*_NO_PLACES, *(str(one) for one in others if one != length)))}
        case "no location":
            change = {"location": None}
        case "whole":
            change = {"offset": None, "length": None}
        case "kind":
            change = {}
            tensor.data_type = random.choice([TensorProto.DOUBLE, TensorProto.INT8, TensorProto.STRING])
        case "inside":
            # As good as any others.
            change, invalid = {"offset": str(random.randrange(size - length + 1))}, False
        case _:
            change, invalid = {"checksum": "0" * 40, "hostile": "1"}, False
    _put(tensor, {key: value for key, value in (place | change).items() if value is not None})
    path.write_bytes(model.SerializeToString())
    return invalid, f"{tensor.name} with {change!r:.60}"


def _tensors(model: onnx.ModelProto) -> list[TensorProto]:
    """Weights of the network and of its branches."""
    return [tensor for graph in graphs(model.graph) for tensor in graph.initializer]


def _put(tensor: TensorProto, place: dict[str, str]) -> None:
    """Let a tensor stand in a file."""
    tensor.ClearField("raw_data")
    tensor.ClearField("external_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in place.items():
        tensor.external_data.add(key=key, value=value)
