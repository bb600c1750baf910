"""Proof that PyTorch and ONNX Runtime give the same bits and take the same exits."""
