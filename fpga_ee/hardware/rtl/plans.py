"""Read how an accelerator is to be folded: a design of hw-estimate, or a file of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError
from fpga_ee.files import read_json
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.rtl.foldings import Plan


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Args:
        path: ``estimate.json`` of hw-estimate or hw-explore; or ``{"foldings": {"<layer>": {"coarse_in": 1,
            "coarse_out": 5, "fine": 25}, ...}, "buffered": 3, "copies": {"stage.0": 2}}``, as hw-generate
            writes it to ``design.json``; a stage that is not named is built once.

    Raises:
        FpgaEeError: The file is neither.
    """
    record = read_json(path)
    try:
        return parse_plan(record) if "foldings" in record else _estimated(record)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FpgaEeError(
            f"{path} is not a design: {error!r}; make one with `fpga-ee hw-estimate`"
        ) from error


def parse_plan(record: Mapping[str, Any]) -> Plan:
    """A plan from what hw-generate writes.

    Raises:
        KeyError: Something is missing.
        TypeError: Something is of another type.
    """
    foldings = {name: Folding(**folding) for name, folding in record["foldings"].items()}
    copies = dict(record.get("copies", {}))
    if not all(type(count) is int for count in copies.values()):
        raise TypeError("copies are not whole numbers")
    return Plan(foldings, int(record["buffered"]), copies)


def _estimated(record: Mapping[str, Any]) -> Plan:
    foldings = {
        part["name"]: Folding(**part["folding"])
        if part["folding"]
        else Folding(part["streams_in"], part["streams_out"])
        for part in record["parts"]
    }
    # A network without early exits has no buffer.
    return Plan(foldings, max((int(buffer["built"]) for buffer in record["buffers"]), default=1))
