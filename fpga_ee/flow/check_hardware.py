"""Asks hardware about every layer of an exported network; answers name the layers as their author did."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from fpga_ee.errors import FpgaEeError, NamedError
from fpga_ee.flow.hardware_targets import TargetFiles
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.readers.asking import Asked, ask_each
from fpga_ee.quantization.authored import AuthoredLayer, authored
from fpga_ee.quantization.operators.known import operator_of
from fpga_ee.quantization.tracing import TracedPart
from fpga_ee.verification.findings import BY_FPGACONVNET, BY_OUR_LIBRARY

_ATEN = torch.ops.aten


TARGET_NAMES = {BY_FPGACONVNET: "fpgaconvnet", BY_OUR_LIBRARY: "rtl"}
"""The names of the targets that are asked, by their names as takers."""


def hardware_refusals(
    files: TargetFiles, folder: Path, parts: Sequence[TracedPart]
) -> list[tuple[AuthoredLayer | None, str]]:
    """List all refused layers of an export, each with the reason; None stands for the network as a whole.

    Args:
        files: The files of the target that is asked.
        folder: The export.
        parts: The network's parts, as fixed point lowered them.
    """
    each: list[tuple[AuthoredLayer | None, str]] = list(_refused_each(files, folder, parts))
    try:
        files.take(folder)
    except FpgaEeError as error:
        # The network is refused as a whole, although each layer alone is taken.
        return each or [(None, str(error).replace(f"{folder}/", ""))]
    return each


def _refused_each(
    files: TargetFiles, folder: Path, parts: Sequence[TracedPart]
) -> Iterator[tuple[AuthoredLayer, str]]:
    known: set[AuthoredLayer] = set()
    for asked, layer in _with_authors(ask_each(folder), parts):
        reason = asked.refusal or _refusal(files, asked.layers)
        if reason is not None and layer not in known:
            known.add(layer)
            yield layer, reason


def _refusal(files: TargetFiles, layers: Sequence[Layer]) -> str | None:
    for layer in layers:
        try:
            files.take_layer(layer)
        except NamedError as error:
            return error.reason
        except FpgaEeError as error:
            return str(error)
    return None


_SAME = {"MatMul": "Gemm", "Flatten": "Reshape", "Squeeze": "Reshape", "Unsqueeze": "Reshape"}


def _with_authors(
    asked: Sequence[Asked], parts: Sequence[TracedPart]
) -> Iterator[tuple[Asked, AuthoredLayer]]:
    """Find the author's layer of each operator.

    The third addition in a file is the third addition of its part.
    """
    for part in parts:
        mine = [each for each in asked if each.part == part.name]
        exported = [_SAME.get(each.operator, each.operator) for each in mine]
        written: dict[str, list[AuthoredLayer]] = {}
        for node in part.graph.graph.nodes:
            known = operator_of(node)
            if known is not None and known.exported is not None:
                written.setdefault(known.exported, []).append(authored(node))
        for index, (each, operator) in enumerate(zip(mine, exported, strict=True)):
            found = written.get(operator, [])
            if len(found) == exported.count(operator):
                yield each, found[exported[:index].count(operator)]
            else:
                # The exporter has changed the part's operators, so the part itself is named.
                yield each, AuthoredLayer(part.name, each.operator)
