"""The target that is fpgaConvNet's, the published model of streaming convolutional networks on FPGAs.

Its Python package, fpgaconvnet-model, is GPLv3 and optional: ``shim.py`` alone imports it, and only when an
estimate asks for it. Nothing of it is copied here. ``layers/`` has one file for each kind of layer.
"""
