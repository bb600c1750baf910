"""Makes safe identifiers, file names and comments of names from outside.

A layer's name is any text. SystemVerilog, C++, Yosys's commands and file names use an identifier instead,
which is made here. Everywhere else the name is data and stays unchanged. Every identifier

1. consists of ASCII letters, digits and single underscores, and begins with one of four words. No keyword,
   macro, device name, module, port or stream of ours is one of these words, or begins with one of them and an
   underscore;
2. contains none of the words that are appended to identifiers (``x_sums``, ``x_sums_data``, ``x_copy_1``), so
   a name that is derived from one is never another identifier, nor derived from another;
3. differs from all others, also where case does not count.
"""

import re
from collections.abc import Sequence

_OWN = (["backbone"], ["exits"])
"""The beginnings of layers' names in the networks that we export."""

_ENDINGS = frozenset(
    (
        *("alone", "bare", "bias", "burst", "by", "collector", "converter", "copy", "data", "distributor"),
        *("gathered", "id", "joined", "last", "queue", "raw", "ready", "skid", "sums", "valid", "waiting"),
        *("weights", "words"),
    )
)
"""All words that drawings, modules and simulators append to the identifier of a layer."""

_LONGEST = 100
"""Most letters of an identifier; with appended words it is still a file name on every system."""

_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)
"""Names that Windows reserves for devices, with any ending."""

_OUR_FILES = re.compile(r"all_exits|(backbone|exit|decision)_\d+", re.IGNORECASE)
"""Matches the names of files beside the network's own file, without their endings."""


def identifiers(names: Sequence[str]) -> dict[str, str]:
    """Give every layer an identifier, by the rules above.

    Args:
        names: Names of the layers of a network, in order.

    Returns:
        The identifier of each name: the name with underscores where this is safe, else
        ``numbered_<place in the order>``.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for number, name in enumerate(names):
        words = re.findall(r"[0-9A-Za-z]+", name)
        plain = "_".join(words if words[:1] in _OWN else ["layer", *words])
        folded = plain.lower()
        if len(plain) > _LONGEST or folded in taken or not _ENDINGS.isdisjoint(folded.split("_")):
            plain = f"numbered_{number}"
        taken.add(plain.lower())
        found[name] = plain
    return found


def check_network_name(name: str) -> None:
    """Check that a network's name can be used in file names and in comments.

    Raises:
        ValueError: It cannot be used.
    """
    if not re.fullmatch(r"\w(?:[\w.-]{0,58}\w)?", name) or len(name.encode()) > 2 * _LONGEST:
        raise ValueError(
            f"the network's name {name!r:.40} must be 1 to 60 letters, digits, underscores, hyphens and dots"
        )
    if name.partition(".")[0].lower() in _DEVICES or _OUR_FILES.fullmatch(name):
        raise ValueError(f"the network cannot be called {name}: a file or a device has that name")
