"""Keeps libraries from taking settings from the current folder while they are loaded.

The folder in which a command is called may belong to somebody else.
"""

import importlib
import os
from pathlib import Path


def load_matplotlib_apart() -> None:
    """Load matplotlib from another folder, if the current one has settings for it.

    Settings can make matplotlib run LaTeX, with any commands; a pipe in their place would never end.
    PyTorch's libraries also load matplotlib, so it is loaded before them. Without settings in the folder,
    nothing is loaded.
    """
    if not os.path.lexists("matplotlibrc"):
        return
    here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.chdir(Path(__file__).parent)
        importlib.import_module("matplotlib")
    finally:
        os.fchdir(here)
        os.close(here)
