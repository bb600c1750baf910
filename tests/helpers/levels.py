"""Exported files at all four optimization levels of ONNX Runtime; ``verify`` runs the first and the last."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

LEVELS = ("DISABLE_ALL", "ENABLE_BASIC", "ENABLE_EXTENDED", "ENABLE_ALL")


Logits = NDArray[np.float32]


def logits_at_every_level(folder: Path, images: NDArray[np.float32]) -> Iterator[tuple[str, Logits]]:
    """Give the first exit's logits at each level."""
    for level in LEVELS:
        session = onnxruntime.InferenceSession(folder / "all_exits.onnx", _options(level))
        yield level, session.run(["logits_0"], {session.get_inputs()[0].name: images})[0]


def operators_at(level: str, folder: Path) -> set[str]:
    """List the operators of the model that ONNX Runtime makes of all exits."""
    options = _options(level)
    options.optimized_model_filepath = str(folder / "optimized.onnx")
    onnxruntime.InferenceSession(folder / "all_exits.onnx", options)
    return {node.op_type for node in onnx.load(folder / "optimized.onnx").graph.node}


def _options(level: str) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, f"ORT_{level}")
    return options
