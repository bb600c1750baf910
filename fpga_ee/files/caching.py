"""Where the user's caches are: what can be made or fetched again."""

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """The folder that keeps what ``name`` stands for between runs."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "fpga_ee" / name
