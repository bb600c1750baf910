"""Names from outside that become identifiers, file names or comments: safe by the way they are made.

A name of a layer is any text. In SystemVerilog, C++, Yosys's commands and file names stands an identifier,
made here; everywhere else the name is data and stays as it is. Every identifier

1. is made of ASCII letters, digits and single underscores, and begins with one of four words. No keyword,
   macro, device name, module, port or stream of ours is one of them, or begins with one and an underscore;
2. holds none of the words that are put behind identifiers (``x_sums``, ``x_sums_data``, ``x_copy_1``), so
   what is derived of one is never another or derived of another;
3. is another one than all others, also where large and small letters are one.
"""

import re
from collections.abc import Sequence

_OWN = (["backbone"], ["exits"])
"""How names begin in the networks that we export."""

_ENDINGS = frozenset(
    (
        *("alone", "bare", "bias", "burst", "by", "collector", "converter", "copy", "data", "distributor"),
        *("gathered", "id", "joined", "last", "queue", "raw", "ready", "skid", "sums", "valid", "waiting"),
        *("weights", "words"),
    )
)
"""All words that drawings, modules and simulators put behind the identifier of a layer."""

_LONGEST = 100
"""Letters of an identifier; with what is put behind it, it is a file name on every system."""

_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)
"""Names that Windows keeps for devices, with any ending."""

_OUR_FILES = re.compile(r"all_exits|(backbone|exit|decision)_\d+", re.IGNORECASE)
"""Files that stand beside that of a network, without their endings."""


def identifiers(names: Sequence[str]) -> dict[str, str]:
    """Give every layer an identifier, by the rules above.

    Args:
        names: Names of the layers of a network, in order.

    Returns:
        By name: the name itself with underscores where that is safe, else ``numbered_<place in the order>``.
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
    """Check that a network's name can name its files and stand in comments.

    Raises:
        ValueError: It cannot.
    """
    if not re.fullmatch(r"\w(?:[\w.-]{0,58}\w)?", name) or len(name.encode()) > 2 * _LONGEST:
        raise ValueError(
            f"the network's name {name!r:.40} must be 1 to 60 letters, digits, underscores, hyphens and dots"
        )
    if name.partition(".")[0].lower() in _DEVICES or _OUR_FILES.fullmatch(name):
        raise ValueError(f"the network cannot be called {name}: a file or a device has that name")
