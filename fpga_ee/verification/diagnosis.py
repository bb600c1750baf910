"""Finding the first tensor in which the exported files and their network differ."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.fx import GraphModule, Interpreter, Node

from fpga_ee.artifacts import names
from fpga_ee.verification.deployment import Deployment
from fpga_ee.verification.onnx_runtime import Level, session

_QUANTIZE = torch.ops.quantized_decomposed.quantize_per_tensor.default


def first_difference(deployment: Deployment, image: NDArray[np.float32], level: Level) -> str:
    """Compare one image's quantized tensors, part by part, and name the first that differs.

    Every part gets the same input in PyTorch and in ONNX Runtime, so a difference is that part's own.

    Args:
        deployment: Fixed-point files and network.
        image: float32 [1, *input_shape].
        level: Optimization level at which a difference was seen.

    Returns:
        The tensor's name and file; where all tensors agree, that the difference lies in how the files
        were put together.
    """
    feature_map = torch.from_numpy(image)
    for stage, (backbone, exit_) in enumerate(deployment.network.stages()):
        record = deployment.manifest.stages[stage]
        for part, file, source, target in (
            (backbone, record.backbone, feature_map, names.feature_map(stage)),
            (exit_, record.exit, backbone(feature_map), names.logits(stage)),
        ):
            tensor = _first_in_part(part, deployment.folder / file, source, target, level)
            if tensor is not None:
                return f"{tensor} in {file}"
        feature_map = backbone(feature_map)
        logits = exit_(feature_map)
        if record.decision is not None:
            decision = session(deployment.folder / record.decision, level)
            take = decision.run(None, {names.logits(stage): logits.numpy()})[0]
            if bool(take[0]) != bool(deployment.exit_tests[stage](logits)[0]):
                return f"{names.take(stage)} in {record.decision}"
    return "none in the split files, so the difference arises where they are put together"


def _first_in_part(part: nn.Module, file: Any, source: Tensor, target: str, level: Level) -> str | None:
    model = onnx.load(file)
    # The output's own quantized form comes last of all, so the output itself needs no comparing.
    quantized = [node.output[0] for node in model.graph.node if node.op_type == "QuantizeLinear"]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in quantized)
    outputs = session(model.SerializeToString(), level).run(
        [*quantized, target], {model.graph.input[0].name: source.numpy()}
    )
    expected = [*_quantized_tensors(part, source), part(source)]
    for name, theirs, ours in zip([*quantized, target], outputs, expected, strict=True):
        if not np.array_equal(theirs, ours.numpy()):
            return str(name)
    return None


def _quantized_tensors(part: nn.Module, source: Tensor) -> Iterator[Tensor]:
    """The quantized activations of a part of a fixed-point network, in order."""
    recorder = _Recorder(part)
    with torch.inference_mode():
        recorder.run(source)
    yield from recorder.quantized


class _Recorder(Interpreter):
    """Runs a graph and keeps what its quantizing nodes give."""

    def __init__(self, part: nn.Module) -> None:
        if not isinstance(part, GraphModule):
            raise TypeError(f"a part of a fixed-point network is a graph, not {type(part)}")
        super().__init__(part)
        self.quantized: list[Tensor] = []

    def run_node(self, n: Node) -> Any:
        result = super().run_node(n)
        if n.target is _QUANTIZE:
            self.quantized.append(result)
        return result
