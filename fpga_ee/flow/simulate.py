"""Step simulate: simulates an accelerator cycle by cycle, and compares its answers with ONNX Runtime's."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import check_writable, write_json
from fpga_ee.flow.images import WantedImages
from fpga_ee.hardware.design.folder import fingerprint
from fpga_ee.hardware.design.generate import Reader, load
from fpga_ee.hardware.simulation.simulate import Pauses, Simulation, simulate, wave
from fpga_ee.hardware.tools import verilator

SIMULATION_FILE = "simulation.json"


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
        build: The folder that ``fpga-ee export`` wrote.
        folder: The folder that ``fpga-ee hw-generate`` wrote.
        wanted: The images.
        pauses: The pauses of both ends.
        start_progress: Called for the run.
        read: Reads the accelerator; ``load_trusting`` for one whose files differ from those of its design.

    Raises:
        FpgaEeError: Files, images or the simulator cannot be used.
    """
    generated = read(build, folder)
    check_writable(folder, SIMULATION_FILE)
    # The fingerprint is taken before the simulation: if files change meanwhile, the record is not of the new
    # ones.
    subject = {"accelerator": fingerprint(folder), "tool": verilator.version()}
    images = wanted.load(generated.manifest)
    codes = _codes(images)
    simulation = simulate(generated, folder, codes, pauses, start_progress("simulating", len(codes)))
    record = {"schema": 2, **subject, "split": images.name, **asdict(simulation)}
    write_json(folder / SIMULATION_FILE, record)
    return simulation


def wave_step(build: Path, folder: Path, wanted: WantedImages, index: int, read: Reader = load) -> Path:
    """Write the waveform of one image of a split.

    Raises:
        FpgaEeError: As for :func:`simulate_step`, or there is no such image.
    """
    generated = read(build, folder)
    check_writable(folder)
    codes = _codes(wanted.load(generated.manifest))
    if not 0 <= index < len(codes):
        raise FpgaEeError(f"there is no image {index}: there are {len(codes):,}")
    return wave(generated, folder, codes[index])


def _codes(images: LabelledImages) -> NDArray[np.uint8]:
    """Give raw bytes in the order in which they are streamed: [N, rows, cols, channels]."""
    return np.moveaxis(images.images, 1, -1)
