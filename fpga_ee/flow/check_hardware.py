"""Hardware is asked about every layer of an exported network; answers name the layers as their author did."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.design.generate import read_integers
from fpga_ee.hardware.design.plan import Plan, check
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.fpgaconvnet.target import FPGACONVNET
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.readers.asking import Asked, ask_each
from fpga_ee.hardware.readers.exported import read_export
from fpga_ee.quantization.authored import AuthoredLayer, authored
from fpga_ee.quantization.operators import ADDING, CLIPPING, MAX_POOLING, MULTIPLYING, RESHAPING
from fpga_ee.quantization.tracing import TracedPart
from fpga_ee.verification.findings import BY_FPGACONVNET, BY_OUR_LIBRARY

_ATEN = torch.ops.aten


@dataclass(frozen=True)
class Hardware:
    """A way to make hardware of exported networks: fpgaConvNet's model, or our library.

    Attributes:
        target: Its name for ``hw-estimate --target``.
        prepare: Loads what it needs.
        take: Takes a whole export, as its verb does.
        take_layer: Takes one layer.
    """

    target: str
    prepare: Callable[[], object]
    take: Callable[[Path], None]
    take_layer: Callable[[Layer], object]


def hardware_refusals(
    hardware: Hardware, folder: Path, parts: Sequence[TracedPart]
) -> list[tuple[AuthoredLayer | None, str]]:
    """All refused layers of an export, each with the reason; None stands for the network as a whole.

    Args:
        hardware: Who is asked.
        folder: The export.
        parts: What it was made of, as fixed point lowered it.
    """
    each: list[tuple[AuthoredLayer | None, str]] = list(_refused_each(hardware, folder, parts))
    try:
        hardware.take(folder)
    except FpgaEeError as error:
        # Refused as a whole, although each layer by itself is taken.
        return each or [(None, str(error).replace(f"{folder}/", ""))]
    # Layers may be refused all the same: a clip that these random weights do not reach is one.
    return each


def _take_all_foldings(layer: Layer) -> None:
    FPGACONVNET.resources(layer, FPGACONVNET.feasible(layer)[0])


def _take_by_model(folder: Path) -> None:
    graph, _ = read_export(folder)
    for layer in graph.layers:
        _take_all_foldings(layer)


def _take_by_library(folder: Path) -> None:
    graph, _, _ = read_integers(folder)
    check(graph, Plan({}))


def _take_by_kind(layer: Layer) -> None:
    layer.foldings()


HARDWARE_TAKERS = {
    BY_FPGACONVNET: Hardware("fpgaconvnet", modules, _take_by_model, _take_all_foldings),
    BY_OUR_LIBRARY: Hardware("rtl", lambda: None, _take_by_library, _take_by_kind),
}


def _refused_each(
    hardware: Hardware, folder: Path, parts: Sequence[TracedPart]
) -> Iterator[tuple[AuthoredLayer, str]]:
    known: set[AuthoredLayer] = set()
    for asked, layer in _with_authors(ask_each(folder), parts):
        reason = asked.refusal or _refusal(hardware, asked.layers)
        if reason is not None and layer not in known:
            known.add(layer)
            yield layer, reason


def _refusal(hardware: Hardware, layers: Sequence[Layer]) -> str | None:
    for layer in layers:
        try:
            hardware.take_layer(layer)
        except FpgaEeError as error:
            return str(error).removeprefix("layer ").removeprefix(layer.name).lstrip(": ")
    return None


_IN_ONNX: dict[Any, str] = {
    **dict.fromkeys(MULTIPLYING, "Conv"),
    _ATEN.linear.default: "Gemm",
    **dict.fromkeys(ADDING, "Add"),
    MAX_POOLING: "MaxPool",
    _ATEN.relu.default: "Relu",
    **dict.fromkeys(CLIPPING, "Clip"),
    **dict.fromkeys(RESHAPING - {_ATEN.dropout.default}, "Reshape"),
}
"""The ONNX operator that each operator of fixed point becomes. The exporter keeps their order."""

_SAME = {"MatMul": "Gemm", "Flatten": "Reshape", "Squeeze": "Reshape", "Unsqueeze": "Reshape"}


def _with_authors(
    asked: Sequence[Asked], parts: Sequence[TracedPart]
) -> Iterator[tuple[Asked, AuthoredLayer]]:
    """Each operator of the files with its author's layer: the third addition of a part is its third one."""
    for part in parts:
        mine = [each for each in asked if each.part == part.name]
        exported = [_SAME.get(each.operator, each.operator) for each in mine]
        written: dict[str, list[AuthoredLayer]] = {}
        for node in part.graph.graph.nodes:
            if node.target in _IN_ONNX:
                written.setdefault(_IN_ONNX[node.target], []).append(authored(node))
        for index, (each, operator) in enumerate(zip(mine, exported, strict=True)):
            found = written.get(operator, [])
            if len(found) == exported.count(operator):
                yield each, found[exported[:index].count(operator)]
            else:
                # The exporter made something else of the part's operators: then the part must do.
                yield each, AuthoredLayer(part.name, each.operator)
