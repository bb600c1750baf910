"""fpgaConvNet as a target: the published model of streaming convolutional networks on FPGAs.

Its Python package, fpgaconvnet-model, is GPLv3 and optional. Only ``shim.py`` imports it, and only when an
estimate needs it. None of its code is copied here. ``layers/`` has one file for each kind of layer.
"""
