"""Where the files are that come with the package and are no Python: the hardware and the trained weights.

A clone has them at its top level. An installed package holds them itself: ``setup.py`` puts them there.
"""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


HARDWARE = _folder("hw")
"""The library, the harness, boards, designs, and what modules take. Where it is missing, reading says so."""

MODELS = _folder("models")
"""Trained weights, in a folder for each network."""

MISSING = "the installation is incomplete: install fpga-ee again"
"""What to do where one of these files is missing."""
