"""From a fixed-point or float network to ONNX files."""
