"""Reads latencies and intervals from the headers of the library's modules, as expressions of parameters."""

import re
from collections.abc import Mapping

from fpga_ee.hardware.tools import sources as library

_CLAIM = re.compile(r"([\w$()*/+,\- ]+?) (?:cycle|move)s?\b")


def claims(module: str, kind: str) -> list[str]:
    """Expressions of parameters that a header states, in cycles or moves, as its Latency or Interval."""
    text = (library.LIBRARY / f"{module}.sv").read_text()
    found = re.search(rf"^// {kind}  +((?:.+\n)(?://    +.+\n)*)", text, re.MULTILINE)
    assert found, f"{module} states no {kind.lower()}"
    stated = " ".join(found[1].replace("\n//", " ").split()).split("; ")
    return [match[1] for match in map(_CLAIM.match, stated) if match]


def value(expression: str, parameters: Mapping[str, int]) -> int:
    known = {"clog2": lambda number: (number - 1).bit_length(), "max": max}
    # Headers are ours.
    return int(eval(expression.replace("$", ""), known, dict(parameters)))  # noqa: S307
