"""The user's cache folders, for files that can be made or fetched again."""

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """Give the folder that keeps files of the kind ``name`` between runs."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "fpga_ee" / name
