"""Early-exit neural networks on FPGAs: exact arithmetic from PyTorch to the bitstream."""

from importlib.metadata import version

__version__ = version("fpga-ee")
