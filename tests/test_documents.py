"""Documents name files that there are."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("hw/**/*.md")])
NAMED = re.compile(r"`([\w/<>]+\.(?:py|sv|toml|cpp))`")
USERS = {"my_network.py", "boards/mine.toml", "accelerator.sv", "mine.toml"}
"""Files that a reader has, or that are generated."""


def files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - whichever git
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [f"/{name}" for name in listed.stdout.split() if (ROOT / name).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_file_that_a_document_names_is_there(document: Path) -> None:
    named = {name for name in NAMED.findall(document.read_text(encoding="utf-8")) if "<" not in name}
    there = files()
    missing = {name for name in named - USERS if not any(file.endswith(f"/{name}") for file in there)}
    assert missing == set()
