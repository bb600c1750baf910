"""Early-exit neural networks on FPGAs: exact arithmetic from PyTorch to the bitstream."""
