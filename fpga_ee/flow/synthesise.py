"""Step synthesise: counts the resources of an accelerator on an FPGA family."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fpga_ee.files.writing import check_writable, write_json
from fpga_ee.hardware.area.model import diagram_area
from fpga_ee.hardware.design.folder import fingerprint
from fpga_ee.hardware.design.generate import Reader, load
from fpga_ee.hardware.fpga.families import MODELLED
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.synthesis.synthesise import Synthesis, synthesise


@dataclass(frozen=True)
class Counted:
    """The resources of a design, counted by Yosys and by our own model.

    Attributes:
        synthesis: Yosys's counts.
        model: The model's counts, by module; empty for a family that the model does not know.
    """

    synthesis: Synthesis
    model: Mapping[str, Resources]

    @property
    def modelled(self) -> Resources:
        """The whole design's resources, by the model."""
        return sum(self.model.values(), Resources())


def synthesise_step(build: Path, folder: Path, family: Family, read: Reader = load) -> Counted:
    """Synthesise an accelerator, and write ``synthesis_<family>.json`` with the tool's version.

    Args:
        build: The folder that ``fpga-ee export`` wrote.
        folder: The folder that ``fpga-ee hw-generate`` wrote.
        family: The family of FPGAs. If the resource model knows it, the model's counts are added.
        read: As for :func:`fpga_ee.flow.simulate.simulate_step`.

    Raises:
        FpgaEeError: The files or Yosys cannot be used.
    """
    diagram = read(build, folder).diagram
    path = folder / f"synthesis_{family.name}.json"
    check_writable(folder, path.name)
    accelerator = fingerprint(folder)
    model = diagram_area(diagram, family) if family.name in MODELLED else {}
    counted = Counted(synthesise(folder, family), model)
    synthesis = counted.synthesis
    record: dict[str, Any] = {
        "schema": 1,
        "accelerator": accelerator,
        "target": synthesis.family,
        "tool": synthesis.tool,
        "modules": [asdict(module) for module in synthesis.modules],
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
