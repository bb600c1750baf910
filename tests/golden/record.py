"""Digests of the flow's output for every network of the golden record.

``make golden-record`` writes the record again; a change of it is a change of generated output.
``python -m golden.record integers`` in ``tests`` chooses formats, rules and foldings; it was run once.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from golden.digests import of_bytes, of_numbers, of_onnx, of_verilog
from golden.networks import DRAWN, INTEGERS, NAMED, export_network, float_network, integers

from fpga_ee.artifacts.formats import Widths
from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.constraints import Constraints
from fpga_ee.flow.explore import explore_step
from fpga_ee.hardware.area.model import diagram_area
from fpga_ee.hardware.design.design_files import read_design
from fpga_ee.hardware.design.generate import generate
from fpga_ee.hardware.design.throughput import pace, period
from fpga_ee.hardware.fpga.families import MODELLED
from fpga_ee.hardware.readers.exported import read_export
from fpga_ee.hardware.tools.sources import LIBRARY
from fpga_ee.quantization.quantize import quantize

RECORD = Path(__file__).parent / "record.json"
DESIGNS = Path(__file__).parents[2] / "hw" / "designs"

OF_NETWORK = {
    "B_Lenet_fcn": ("smallest", "small", "medium", "fast", "wide", "ecp5", "fastest_fcn"),
    "B_Lenet_se": ("smallest", "small", "medium", "fast", "wide", "ecp5", "ecp5_fastest", "fastest"),
}
"""The shipped designs of each network."""

Record = dict[str, Any]

REFUSED = "refused"


def record(name: str, folder: Path) -> Record:
    """Everything that the flow makes of a network."""
    export_network(name, folder)
    return {
        "onnx": {path.name: of_onnx(path) for path in sorted(folder.glob("*.onnx"))},
        "estimate": estimate(folder, "fpgaconvnet"),
        "estimate of hw/rtl": estimate(folder, "rtl") if name not in LARGE else "not searched",
        "designs": {path.stem: design(folder, path, folder / path.stem) for path in designs(name, folder)},
    }


LARGE = ("B_Alexnet_cifar", "B_Lenet_cifar", "TW_SmallCNN", "C_Alexnet_SVHN")
"""Networks for which the search over our library takes minutes."""


def library() -> Record:
    """The modules of ``hw/rtl``."""
    return {path.name: of_verilog(path) for path in sorted(LIBRARY.glob("*.sv"))}


def estimate(folder: Path, target: str | None) -> str:
    """The numbers of ``estimate.json`` and ``front.json``, without the version of their format."""
    board = "alveo-u250" if "Alexnet_SVHN" in folder.name else "zc706"
    written = folder / f"hardware_{target}"
    try:
        # Pictures take longer than estimates.
        with patch("fpga_ee.reporting.hardware_plots._write"):
            explore_step(folder, Constraints(board=board, target=target), None, written, _no_progress)
    except FpgaEeError:
        return REFUSED
    files = (json.loads((written / name).read_text(encoding="utf-8")) for name in FILES)
    return of_numbers({name: number for file in files for name, number in file.items() if name != "schema"})


FILES = ("front.json", "estimate.json")


def _no_progress(_name: str, _length: int) -> Callable[[int], None]:
    return lambda _: None


def designs(name: str, folder: Path) -> list[Path]:
    """Files of the designs of a network; its own is written to a folder."""
    shipped = [DESIGNS / f"{design}.json" for design in OF_NETWORK.get(name, ())]
    plan = integers(name).plan
    if plan is None:
        return shipped
    own = folder / "own.json"
    own.write_text(json.dumps(plan), encoding="utf-8")
    return [*shipped, own]


def design(build: Path, path: Path, folder: Path) -> Record | str:
    """The accelerator of a network: its sources, memories and figures."""
    plan = read_design(path)
    try:
        generated = generate(build, plan, folder)
    except FpgaEeError:
        return REFUSED
    stages = len(generated.graph.stages)
    exits = np.random.default_rng(0).integers(0, stages, 60).tolist()
    buffered = [plan.buffered_of(stage) for stage in range(stages - 1)]
    diagram = generated.diagram
    return {
        "accelerator.sv": of_verilog(folder / "accelerator.sv"),
        "memories": {path.name: of_bytes(path) for path in sorted(folder.glob("*.hex"))},
        "cycles": of_numbers([pace(diagram, exits, buffered), period(diagram, exits, buffered)]),
        "area": {
            family: of_numbers({module: asdict(takes) for module, takes in diagram_area(diagram, of).items()})
            for family, of in MODELLED.items()
        },
    }


def choose_integers(name: str) -> None:
    """Choose formats, rules and a folding of a network once and for all."""
    network, seed = float_network(name), NAMED.index(name) if name in NAMED else int(name.split("_")[1])
    rng = np.random.default_rng(1000 + seed)
    pixels = rng.integers(0, 256, (64, *network.input_shape), dtype=np.uint8)
    images = torch.from_numpy(pixels.astype(np.float32) / np.float32(256))
    widths = Widths() if name in NAMED else Widths(int(rng.integers(4, 8)), int(rng.integers(3, 9)))
    formats = quantize(network, images, widths).formats
    criterion = "entropy" if seed % 3 == 2 else "top1"
    thresholds = [round(float(rng.uniform(0.3, 0.95)), 3) for _ in range(len(network.exits) - 1)]
    rules = [{"criterion": criterion, "threshold": threshold} for threshold in thresholds]
    content = {"formats": asdict(formats), "rules": rules, "plan": None}
    path = INTEGERS / f"{name}.json"
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        export_network(name, Path(folder))
        try:
            content["plan"] = _folding(Path(folder), rng, whole=name not in NAMED)
        except FpgaEeError as error:
            sys.stderr.write(f"{name} has no accelerator: {error}\n")
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


def _folding(build: Path, rng: np.random.Generator, *, whole: bool) -> Record:
    """A folding of every layer; of large networks, of the fewest words that keep their memories small."""
    graph, _ = read_export(build)
    foldings = {}
    for layer in graph.layers:
        ways = layer.foldings()
        chosen = ways[int(rng.integers(len(ways)))] if whole else ways[len(ways) // 3]
        foldings[layer.name] = asdict(chosen)
    early = range(len(graph.stages) - 1)
    copies = {f"stage.{stage}": int(rng.integers(1, 4)) for stage in range(len(graph.stages))}
    return {
        "foldings": foldings,
        "buffered": [int(rng.integers(1, 5)) for _ in early],
        "copies": copies if whole else {},
    }


def main() -> None:
    """Write the record, or the integers."""
    if sys.argv[1:] == ["integers"]:
        for name in (*NAMED, *DRAWN):
            choose_integers(name)
        return
    content = {"library": library()}
    for name in (*NAMED, *DRAWN):
        with tempfile.TemporaryDirectory() as folder:
            content[name] = record(name, Path(folder) / name)
        sys.stderr.write(f"{name}\n")
    RECORD.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
