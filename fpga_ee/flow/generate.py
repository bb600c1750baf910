"""Step generate: writes the accelerator of a design, as SystemVerilog and memories."""

from dataclasses import replace
from pathlib import Path

from fpga_ee.artifacts.manifest import load_manifest, sha256
from fpga_ee.artifacts.names import MANIFEST
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes, read_member
from fpga_ee.files.writing import check_writable
from fpga_ee.hardware.design.design_files import check_origin, parse_design
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import Generated, generate
from fpga_ee.hardware.search.estimate_file import ESTIMATE_FILE, is_estimate, saved_design
from fpga_ee.shipped import HARDWARE

CHOSEN_DESIGN = Path("hardware", ESTIMATE_FILE)
"""The default design: the one that hw-estimate chose."""

SHIPPED_DESIGNS = HARDWARE / "designs"
"""The designs that come with the package."""

ACCELERATOR_FOLDER = "rtl"


def generate_step(build: Path, design: Path | None, buffered: int | None, folder: Path) -> Generated:
    """Write the accelerator of an exported network.

    Args:
        build: The folder that ``fpga-ee export`` wrote.
        design: A file as for :func:`design_of`, or the name of a design that comes with the package; None for
            the design that hw-estimate chose.
        buffered: Samples that every conditional buffer holds; None for the design's own.
        folder: The folder for the files.

    Raises:
        FpgaEeError: A file cannot be read, the library cannot build the design, or nothing can be written.
    """
    check_writable(folder)
    chosen = _chosen(build) if design is None else design_of(_named(design), build)
    if buffered is not None:
        chosen = replace(chosen, buffered=buffered)
    return generate(build, chosen, folder)


def _chosen(build: Path) -> Design:
    """Read the design that hw-estimate chose. Links are not followed: others may have made the folder.

    Raises:
        FpgaEeError: There is no design; or as for :func:`design_of`.
    """
    path = build / CHOSEN_DESIGN
    if not path.is_file():
        raise FpgaEeError(f"no design in {path}: make one with `fpga-ee hw-estimate {build}`, or name one")
    if path.parent.is_symlink():
        raise FpgaEeError(f"{path.parent} is a link: put the folder itself there, or name a design")
    return _design_in(path, read_member(path.parent, path.name, MOST_TEXT), build)


def _named(design: Path) -> Path:
    """Find the file of a design: a file of this name, else a design of this name in the package.

    Raises:
        FpgaEeError: There is none.
    """
    shipped = {path.stem: path for path in SHIPPED_DESIGNS.glob("*.json")}
    if design.exists() and not design.is_dir():
        return design
    if str(design) not in shipped:
        known = ", ".join(sorted(shipped))
        raise FpgaEeError(f"there is no design {design}: name a file, or a shipped design ({known})")
    return shipped[str(design)]


def design_of(path: Path, build: Path) -> Design:
    """Read the foldings, buffers and copies that a file gives for an export.

    Args:
        path: ``estimate.json`` of hw-estimate or hw-explore, or a file as for ``read_design``.
        build: The folder that ``fpga-ee export`` wrote.

    Raises:
        FpgaEeError: The file is neither, has another version, or holds a design for another
            network or export.
    """
    return _design_in(path, read_bytes(path, MOST_TEXT), build)


def _design_in(path: Path, content: bytes, build: Path) -> Design:
    check_origin(path, content, load_manifest(build).network, sha256(build / MANIFEST))
    if not is_estimate(path, content):
        return parse_design(path, content)
    saved = saved_design(path, content)
    depths = saved.constraints.buffered
    if depths is None:
        raise FpgaEeError(f"{path} does not say how deep its conditional buffers are: choose it again")
    return Design(saved.foldings, depths)
