"""The adapter to fpgaconvnet-model, the published model of streaming convolutional networks on FPGAs.

The package is GPLv3 and optional: it is imported in ``shim`` only, when an estimate asks for it. Nothing of
it is copied here.
"""
