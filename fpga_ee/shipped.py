"""The files of the package that are no Python: the hardware and the trained weights.

A clone has them at its top level. An installed package contains them, because ``setup.py`` puts them there.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


HARDWARE = _folder("hw")
"""The library, the harness, boards, designs and area counts. If it is missing, reading it reports so."""

MODELS = _folder("models")
"""Trained weights, in a folder for each network."""

MISSING = "the installation is incomplete: install fpga-ee again"
"""The remedy where one of these files is missing."""
