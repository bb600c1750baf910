"""Exported models that ONNX Runtime has loaded."""

from pathlib import Path

import onnxruntime

from fpga_ee.artifacts.onnx_files import exported_bytes
from fpga_ee.errors import FpgaEeError


def session(folder: Path, name: str) -> onnxruntime.InferenceSession:
    """Load a model of an export, with the runtime's own options.

    Args:
        folder: ``build/<network>/``.
        name: The file.

    Raises:
        FpgaEeError: The file cannot be read, is no valid model, or ONNX Runtime does not take it.
    """
    content = exported_bytes(folder, name)
    try:
        return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's exceptions share no narrower type
        raise FpgaEeError(f"ONNX Runtime refuses {folder / name}: {error}") from error
