"""A network with a join, groups, averages and clips: its export, its design and its accelerator."""

import shutil
from pathlib import Path
from random import Random
from typing import Any

from helpers.built import JOINED, build_joined
from helpers.commands import fpga_ee
from helpers.shared import shared

FOLDER = "joined/build"

JOINED_COMMANDS: dict[str, tuple[str, ...]] = {
    "export of joins": ("export", JOINED, "--weights", "joined/weights.safetensors", "--build", FOLDER),
    "verify of joins": ("verify", FOLDER, "--network", JOINED, "--images", "20"),
    "hw-estimate of joins": ("hw-estimate", FOLDER, "--target", "rtl", "--output", "out"),
    "hw-generate of joins": ("hw-generate", FOLDER, "--rtl", "new"),
    "hw-fastest of joins": ("hw-fastest", FOLDER, "--output", "out"),
    "hw-simulate of joins": ("hw-simulate", FOLDER, "--images", "5"),
    "hw-synth of joins": ("hw-synth", FOLDER),
}

READS_EXPORT = ("verify of joins", "hw-estimate of joins", "hw-generate of joins", "hw-fastest of joins")
"""The commands that read the export with its additions."""


def make_joins(home: Path) -> None:
    """Make them in ``joined``."""
    shutil.copytree(shared("joined", build_joined), home / "joined", dirs_exist_ok=True)
    folder = home / FOLDER
    for arguments in (("hw-estimate", folder, "--target", "rtl"), ("hw-generate", folder)):
        result = fpga_ee(*arguments)
        assert result.code == 0, result.err


def break_additions(manifest: dict[str, Any], random: Random) -> tuple[bool, str]:
    """Change what a manifest tells of a network's only addition.

    Returns:
        True if the manifest is invalid by construction, and the change in words.
    """
    invalid = random.random() < 0.7
    return invalid, random.choice(_INVALID if invalid else _ODD)(manifest["additions"], random)


def _removed(additions: dict[str, Any], _: Random) -> str:
    additions.clear()
    return "no addition"


def _doubled(additions: dict[str, Any], random: Random) -> str:
    (formats,) = additions.values()
    additions[random.choice(("backbone.0.9", "exits.0.9", "backbone.1.9"))] = formats
    return "an addition twice"


def _renamed(additions: dict[str, Any], random: Random) -> str:
    (formats,) = additions.values()
    additions.clear()
    name = random.choice(
        ("backbone.0.2", "backbone.0.2.depthwise", "exits.0", "nowhere", "", "backbone.1.0.add")
    )
    additions[name] = formats
    return f"the addition is called {name!r}"


def _cut(additions: dict[str, Any], random: Random) -> str:
    (formats,) = additions.values()
    del formats["inputs"][random.randrange(2)]
    return "an addition of one feature map"


def _longer(additions: dict[str, Any], random: Random) -> str:
    (formats,) = additions.values()
    formats["inputs"].append(random.choice([*formats["inputs"], formats["output"]]))
    return "an addition of three feature maps"


def _swapped(additions: dict[str, Any], _: Random) -> str:
    (formats,) = additions.values()
    formats["inputs"].reverse()
    return "the summands are swapped"


def _another_number(additions: dict[str, Any], random: Random) -> str:
    ((name, formats),) = additions.items()
    end, key = random.choice([*formats["inputs"], formats["output"]]), random.choice(("bits", "frac"))
    end[key] += random.choice((-1, 1, -100, 100, 2**40))
    return f"{key} of {name} is {end[key]}"


def _another_sign(additions: dict[str, Any], random: Random) -> str:
    ((name, formats),) = additions.items()
    end = random.choice([*formats["inputs"], formats["output"]])
    end["signed"] = not end["signed"]
    return f"another sign of {name}"


_INVALID = (_removed, _doubled, _cut, _longer, _another_number)
_ODD = (_renamed, _swapped, _another_sign)
