"""The network that a folder's results belong to.

Two classes of one name in two modules would share ``build/<name>/``.
"""

from pathlib import Path

from fpga_ee.artifacts.names import CALIBRATION_FILE, MANIFEST, QUANTIZATION_FILE
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_member
from fpga_ee.files.schemas import Name, excerpt, parse_record


def check_source(folder: Path, source: str) -> None:
    """Check that a folder holds no results of another network.

    Unreadable files are ignored here; the step that needs one refuses it.

    Args:
        folder: The folder; it may not exist.
        source: The network: a name of this package, or ``package.module:Class``.

    Raises:
        FpgaEeError: A file in it names another source.
    """
    for name in (CALIBRATION_FILE, QUANTIZATION_FILE, MANIFEST):
        recorded = recorded_source(folder, name)
        if recorded is not None and recorded != source:
            raise FpgaEeError(
                f"{folder / name} is of the network {recorded!r:.80}, not of {source}: name another folder "
                f"with --build, or remove {folder}"
            )


@excerpt
class _Source:
    """The part of any record that is read here."""

    source: Name


def recorded_source(folder: Path, name: str) -> str | None:
    """Read the source that a record in a folder names; None where it is unreadable or names none."""
    try:
        content = read_member(folder, name, MOST_TEXT)
        return parse_record(_Source, content, folder / name, "a record", "make it again").source
    except FpgaEeError:
        return None
