"""What libraries would take from the current folder as they are loaded, and what is done against it.

The folder that a command is called in may be somebody else's.
"""

import importlib
import os
from pathlib import Path


def load_matplotlib_apart() -> None:
    """Load matplotlib from another folder, where the current one has settings for it.

    Such settings can make it run LaTeX, with commands of theirs; as a pipe they would never end. PyTorch's
    libraries load it too, whenever they like, so it is loaded before they are. Without such settings nothing
    is loaded here.
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
