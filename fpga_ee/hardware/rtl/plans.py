"""Read how an accelerator is to be folded, from a file of one's own or as hw-generate writes it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_json
from fpga_ee.hardware.folding import parse_folding, positive
from fpga_ee.hardware.rtl.foldings import Plan


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Args:
        path: ``{"foldings": {"<layer>": {"coarse_in": 1, "coarse_out": 5, "fine": 25}, ...}, "buffered": 3,
            "copies": {"stage.0": 2}}``, as hw-generate writes it to ``design.json``; a stage that is not
            named is built once. ``"buffered": [4, 2]`` gives every conditional buffer its own depth.

    Raises:
        FpgaEeError: The file is something else.
    """
    try:
        return parse_plan(read_json(path))
    except KeyError as error:
        raise FpgaEeError(
            f"{path} is not a design: it has no {error}; make one with `fpga-ee hw-estimate`"
        ) from error
    except (AttributeError, TypeError, ValueError) as error:
        raise FpgaEeError(f"{path} is not a design: {error}; correct it") from error


def parse_plan(record: Mapping[str, Any]) -> Plan:
    """A plan from what hw-generate writes.

    Raises:
        AttributeError, TypeError: Something is of another shape.
        KeyError: Something is missing.
        ValueError: A number is not a positive whole one.
    """
    foldings = {name: parse_folding(name, folding) for name, folding in record["foldings"].items()}
    copies = {name: positive(count, f"copies of {name}") for name, count in record.get("copies", {}).items()}
    return Plan(foldings, _depths(record["buffered"]), copies)


def _depths(buffered: Any) -> int | tuple[int, ...]:
    if not isinstance(buffered, list):
        return positive(buffered, "buffered")
    return tuple(positive(depth, f"buffered of stage {stage}") for stage, depth in enumerate(buffered))
