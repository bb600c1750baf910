"""Mutants that change nothing, found by hand among those that survive."""

import tomllib
from pathlib import Path

from mutants import Mutant

_LIST = Path(__file__).with_name("equivalents.toml")


def equivalents() -> dict[tuple[str, str, str, str], str]:
    """Read the reasons why mutants change nothing, by file, function, and lines before and after."""
    entries = tomllib.loads(_LIST.read_text(encoding="utf-8")).get("mutant", [])
    return {
        (entry["file"], entry["function"], entry["before"], entry["after"]): entry["reason"]
        for entry in entries
    }


def key(mutant: Mutant) -> tuple[str, str, str, str]:
    """Give the list's key of a mutant."""
    return mutant.path, mutant.function, mutant.before, mutant.after
