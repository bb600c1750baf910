"""A copy of exported files, to be changed."""

import shutil
from pathlib import Path

import pytest
from helpers.exported import Exported


@pytest.fixture
def folder(exported: Exported, tmp_path: Path) -> Path:
    """A copy of exported files."""
    copy = tmp_path / "copy"
    shutil.copytree(exported.folder, copy)
    return copy
