"""Exit decisions as ONNX nodes: one file for each criterion, found by its name."""
