"""Steps 8 to 11: the accelerator, the proof that it answers as ONNX Runtime does, its cost, a bitstream."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes, read_member
from fpga_ee.files.writing import check_writable, write_json
from fpga_ee.flow.hardware_request import is_design, saved_design
from fpga_ee.flow.images import WantedImages
from fpga_ee.hardware.area.model import diagram_area
from fpga_ee.hardware.design.files import parse_plan
from fpga_ee.hardware.design.folder import fingerprint
from fpga_ee.hardware.design.generate import Generated, Reader, generate, load
from fpga_ee.hardware.design.plan import Plan
from fpga_ee.hardware.fpga.family import FAMILIES
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.simulation.simulate import Pauses, Simulation, simulate, wave
from fpga_ee.hardware.synthesis.route import Routing, behind_pins, route
from fpga_ee.hardware.synthesis.synthesise import Synthesis, synthesise
from fpga_ee.hardware.tools import verilator
from fpga_ee.hardware.tools.nextpnr import Goal
from fpga_ee.shipped import HARDWARE

DESIGN = Path("hardware/estimate.json")
"""The design that is taken unless told otherwise: what hw-estimate chose."""

DESIGNS = HARDWARE / "designs"
"""Those that come with the package."""

FOLDER = "rtl"
SIMULATION_FILE = "simulation.json"


def generate_step(build: Path, design: Path | None, buffered: int | None, folder: Path) -> Generated:
    """Write the accelerator of an exported network.

    Args:
        build: What ``fpga-ee export`` wrote.
        design: A file as :func:`plan_of` takes it, or the name of a design that comes with the package; None
            for what hw-estimate chose.
        buffered: Samples that every conditional buffer holds; None for what the design says.
        folder: Where the files go.

    Raises:
        FpgaEeError: A file cannot be read, the library cannot build the design, or nothing can be written.
    """
    network = load_manifest(build).network
    plan = _chosen(build, network) if design is None else plan_of(_named(design), network)
    if buffered is not None:
        plan = replace(plan, buffered=buffered)
    return generate(build, plan, folder)


def _chosen(build: Path, network: str) -> Plan:
    """What hw-estimate chose. Since others may have made the folder, a link is not followed.

    Raises:
        FpgaEeError: There is nothing, or as for :func:`plan_of`.
    """
    path = build / DESIGN
    if not path.is_file():
        raise FpgaEeError(f"no design in {path}: make one with `fpga-ee hw-estimate {build}`, or name one")
    if path.parent.is_symlink():
        raise FpgaEeError(f"{path.parent} is a link: put the folder itself there, or name a design")
    return _plan_in(path, read_member(path.parent, path.name, MOST_TEXT), network)


def _named(design: Path) -> Path:
    """The file of a design; where there is none, the one of this name that comes with the package.

    Raises:
        FpgaEeError: There is neither.
    """
    shipped = {path.stem: path for path in DESIGNS.glob("*.json")}
    if design.exists() and not design.is_dir():
        return design
    if str(design) not in shipped:
        known = ", ".join(sorted(shipped))
        raise FpgaEeError(f"there is no design {design}: name a file, or one that comes along ({known})")
    return shipped[str(design)]


def plan_of(path: Path, network: str) -> Plan:
    """How a file says that a network is built.

    Args:
        path: ``estimate.json`` of hw-estimate or hw-explore, or a file as ``read_plan`` takes it.
        network: Name of the network.

    Raises:
        FpgaEeError: The file is neither, of another version, or a design that was chosen for another network.
    """
    return _plan_in(path, read_bytes(path, MOST_TEXT), network)


def _plan_in(path: Path, content: bytes, network: str) -> Plan:
    if not is_design(path, content):
        return parse_plan(path, content)
    saved = saved_design(path, content)
    saved.check_is_of(network)
    depths = saved.constraints.buffered
    if depths is None:
        raise FpgaEeError(f"{path} does not say how deep its conditional buffers are: choose it again")
    return Plan(saved.foldings, depths)


def simulate_step(  # noqa: PLR0913, PLR0917 - each is a separate fact about the run
    build: Path,
    folder: Path,
    wanted: WantedImages,
    pauses: Pauses,
    start_progress: Callable[[str, int], Callable[[int], None]],
    read: Reader = load,
) -> Simulation:
    """Simulate an accelerator on the images of a split, and write ``simulation.json``.

    Args:
        build: What ``fpga-ee export`` wrote.
        folder: What ``fpga-ee hw-generate`` wrote.
        wanted: Which images.
        pauses: How often both ends pause.
        start_progress: Told of the run.
        read: Reads the accelerator; ``load_trusting`` for one whose files are not those of its design.

    Raises:
        FpgaEeError: Files, images or the simulator cannot be used.
    """
    read(build, folder)
    check_writable(folder, SIMULATION_FILE)
    # Before the simulation: should the files change meanwhile, the record is not of the new ones.
    subject = {"accelerator": fingerprint(folder), "tool": verilator.version()}
    images = wanted.load(load_manifest(build))
    codes = _codes(images)
    simulation = simulate(build, folder, codes, pauses, start_progress("simulating", len(codes)), read)
    record = {"schema": 2, **subject, "split": images.name, **asdict(simulation)}
    write_json(folder / SIMULATION_FILE, record)
    return simulation


def wave_step(build: Path, folder: Path, wanted: WantedImages, index: int, read: Reader = load) -> Path:
    """Write the waveform of one image of a split.

    Raises:
        FpgaEeError: As :func:`simulate_step`, or there is no such image.
    """
    codes = _codes(wanted.load(load_manifest(build)))
    if not 0 <= index < len(codes):
        raise FpgaEeError(f"there is no image {index}: there are {len(codes):,}")
    return wave(build, folder, codes[index], read)


def _codes(images: LabelledImages) -> NDArray[np.uint8]:
    """Raw bytes in the order in which they are streamed: [N, rows, cols, channels]."""
    return np.moveaxis(images.images, 1, -1)


@dataclass(frozen=True)
class Counted:
    """What a design takes, counted and by our own model.

    Attributes:
        synthesis: What Yosys counts.
        model: What the model says, by module; empty for a family that it is not fitted on.
    """

    synthesis: Synthesis
    model: Mapping[str, Resources]

    @property
    def modelled(self) -> Resources:
        """The whole design by the model."""
        return sum(self.model.values(), Resources())


def synthesise_step(build: Path, folder: Path, target: str, read: Reader = load) -> Counted:
    """Synthesise an accelerator, and write ``synthesis_<target>.json`` with the tool's version.

    Args:
        build: What ``fpga-ee export`` wrote.
        folder: What ``fpga-ee hw-generate`` wrote.
        target: ``xc7``, ``xcup`` or ``ecp5``; for ``xc7`` the model's counts stand beside Yosys's.
        read: As for :func:`simulate_step`.

    Raises:
        FpgaEeError: The files or Yosys cannot be used.
    """
    diagram = read(build, folder).diagram
    path = folder / f"synthesis_{target}.json"
    check_writable(folder, path.name)
    accelerator = fingerprint(folder)
    model = diagram_area(diagram, FAMILIES[target]) if target in FAMILIES else {}
    counted = Counted(synthesise(folder, target), model)
    synthesis = counted.synthesis
    record: dict[str, Any] = {
        "schema": 1,
        "accelerator": accelerator,
        **asdict(synthesis),
        "total": asdict(synthesis.total),
    }
    if model:
        total, modelled = asdict(synthesis.total), asdict(counted.modelled)
        record["model"] = {
            "modules": {module: asdict(takes) for module, takes in sorted(model.items())},
            "total": modelled,
            "error": {name: modelled[name] / count - 1 for name, count in total.items() if count},
        }
    write_json(path, record)
    return counted


def route_step(
    build: Path, folder: Path, goal: Goal, say: Callable[[str], None], read: Reader = load
) -> Routing:
    """Place and route an accelerator for an ECP5, and write the bitstream into ``routed/``.

    Args:
        build: What ``fpga-ee export`` wrote.
        folder: What ``fpga-ee hw-generate`` wrote.
        goal: The chip and the clock.
        say: Told what is going on.
        read: As for :func:`simulate_step`.

    Raises:
        FpgaEeError: The files or the tools cannot be used, the chip is no ECP5, or the design does not fit.
    """
    return route(folder, behind_pins(read(build, folder).diagram), goal, say)
