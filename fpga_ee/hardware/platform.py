"""Boards: what there is of each resource, read from ``hw/platforms/*.toml``."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.resources import Resources

FOLDER = Path(__file__).parents[2] / "hw" / "platforms"
"""The boards that come with the project; a file more is a board more."""

DEFAULT_BOARD = "zc706"
"""The board that is meant where none is named: that of the published designs."""


@dataclass(frozen=True)
class Platform:
    """A board.

    Attributes:
        name: Its name.
        part: Part number of the FPGA.
        source: Where the figures are from.
        clock_mhz: Clock that estimates use unless told otherwise.
        resources: What there is of each resource.
        lut_inputs: Inputs of its LUTs; the resource models count LUTs of six.
        bandwidth_gb_s: Bandwidth of its external memory, 10^9 bytes a second.
    """

    name: str
    part: str
    source: str
    clock_mhz: float
    resources: Resources
    lut_inputs: int
    bandwidth_gb_s: float


def names() -> list[str]:
    """Names of the boards that come with the project."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(board: str) -> Platform:
    """Read a board by its name (``zc706``) or from a file of one's own (``boards/mine.toml``).

    Raises:
        FpgaEeError: There is no such board, or a figure is missing, not a number, or not positive.
    """
    if not board.endswith(".toml") and not FOLDER.is_dir():
        raise FpgaEeError(
            "hw/platforms, which holds the boards, is in the project's repository but not in the installed "
            "package: install it editable from a clone, or give a .toml file"
        )
    path = Path(board) if board.endswith(".toml") else FOLDER / f"{board}.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(names())
        raise FpgaEeError(f"no board {board}: choose one of {known}, or give a .toml file") from error
    except OSError as error:
        raise FpgaEeError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise FpgaEeError(f"{path} is not valid TOML: {error}") from error
    resources = _table(path, content, "resources")
    return Platform(
        name=_text(path, content, "name"),
        part=_text(path, content, "part"),
        source=_text(path, content, "source"),
        clock_mhz=float(_positive(path, content, "clock_mhz")),
        resources=Resources(
            *(_count(path, resources, name) for name in ("lut", "ff", "dsp", "bram18")),
        ),
        lut_inputs=_count(path, resources, "lut_inputs"),
        bandwidth_gb_s=float(_positive(path, _table(path, content, "memory"), "bandwidth_gb_s")),
    )


def _value(path: Path, table: dict[str, Any], key: str) -> Any:
    if key not in table:
        raise FpgaEeError(f"{path} does not say {key}: add it")
    return table[key]


def _table(path: Path, content: dict[str, Any], key: str) -> dict[str, Any]:
    value = _value(path, content, key)
    if not isinstance(value, dict):
        raise FpgaEeError(f"{path}: {key} must be a table, [{key}]")
    return value


def _text(path: Path, table: dict[str, Any], key: str) -> str:
    value = _value(path, table, key)
    if not isinstance(value, str) or not value:
        raise FpgaEeError(f"{path}: {key} must be a text, not {value!r}")
    return value


def _positive(path: Path, table: dict[str, Any], key: str) -> int | float:
    value = _value(path, table, key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise FpgaEeError(f"{path}: {key} must be a positive number, not {value!r}")
    return value


def _count(path: Path, table: dict[str, Any], key: str) -> int:
    value = _positive(path, table, key)
    if not isinstance(value, int):
        raise FpgaEeError(f"{path}: {key} must be a whole number, not {value!r}")
    return value
