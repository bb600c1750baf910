"""Good files of every kind, and the commands that read them; commands run in a copy of the folder."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import safetensors.torch
import torch
from helpers.built import NETWORK, build, built_in
from helpers.commands import fpga_ee
from helpers.onnx_files import conditional_model
from helpers.partition_files import design_a1
from helpers.shared import shared

from fpga_ee.artifacts.manifest import sha256
from fpga_ee.datasets.data_set import DataSet
from fpga_ee.datasets.known_data_sets import DATA_SETS
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.search.replication import ReplicatedDesign
from fpga_ee.hardware.simulation.simulate import Pauses, Simulation
from hostile.data_sets import make_data_sets, write_digits
from hostile.joins import JOINED_COMMANDS, make_joins
from hostile.weights_beside import make_large_model

BOARD = """\
name = "Mine"
part = "XC7Z045-2FFG900"
source = "data sheet"
clock_mhz = 125
[resources]
lut = 218600
lut_inputs = 6
ff = 437200
dsp = 900
bram18 = 1090
[memory]
bandwidth_gb_s = 12.8
"""

ECP5 = """\
name = "Mine"
part = "LFE5U-85F-6BG381C"
source = "data sheet"
clock_mhz = 80
[resources]
lut = 83640
lut_inputs = 4
ff = 83640
dsp = 156
bram18 = 208
[memory]
bandwidth_gb_s = 1
"""

REPORT = {
    "fmax": {"clk": {"achieved": 99.5, "constraint": 100.0}},
    "utilization": {
        name: {"used": 1, "available": 100}
        for name in ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD", "TRELLIS_IO")
    },
    "critical_paths": [
        {
            "from": "posedge clk",
            "to": "posedge clk",
            "path": [{"type": "logic", "delay": 1.5, "to": {"cell": "design.merge.label_TRELLIS_FF_Q"}}],
        }
    ],
}
"""As nextpnr writes it."""

COUNTS = {"modules": {"\\accelerator": {"num_cells_by_type": {"LUT6": 10, "FDRE": 3, "$scopeinfo": 1}}}}
"""As Yosys writes them."""

OWN_DESIGN = {
    "foldings": {"backbone.0.0": {"coarse_out": 2, "fine": 5}},
    "buffered": 3,
    "copies": {"stage.0": 1},
}

FASTEST = OWN_DESIGN | {
    "copies": {"stage.0": 2},
    "network": "Digits",
    "board": "ZC706",
    "clock_mhz": 125.0,
    "cycles_per_sample": 64,
}
"""As hw-fastest writes it."""

TRAINING = ("train", NETWORK, "--data", "{shared}", "--epochs", "1", "--output", "trained")

_COLOURED = (
    "train", "helpers.small_networks:Colours", "--float", "--epochs", "1", "--output", "coloured",
    "--dataset",
)  # fmt: skip

_RESULTS = ("--weights", "weights.safetensors", "--build", "build")

COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check", NETWORK, "--board", "board.toml"),
    "calibrate": ("calibrate", NETWORK, *_RESULTS),
    "calibrate by .pth": ("calibrate", NETWORK, "--weights", "weights.pth", "--build", "build"),
    "quantize": ("quantize", NETWORK, *_RESULTS),
    "export": ("export", NETWORK, *_RESULTS),
    "verify": ("verify", "build", "--network", NETWORK, "--images", "20"),
    "verify on data": ("verify", "build", "--network", NETWORK, "--split", "test", "--data", "data"),
    "hw-estimate": ("hw-estimate", "build", "--board", "board.toml", "--output", "out"),
    "hw-estimate of a model": ("hw-estimate", "model.onnx", "--late-rate", "0.25", "--output", "out"),
    "hw-estimate of a partition": (
        "hw-estimate", "--partition", "partitions.json", "--late-rate", "0.5", "--output", "out",
    ),
    "hw-estimate of a design": (
        "hw-estimate", "build", "--partition", "build/hardware/estimate.json", "--output", "out",
    ),
    "hw-explore": ("hw-explore", "build", "--board", "board.toml", "--output", "out"),
    "hw-fastest": ("hw-fastest", "build", "--board", "board.toml"),
    "hw-generate": ("hw-generate", "build", "--design", "rtl.json", "--rtl", "new"),
    "hw-generate of a design": ("hw-generate", "build", "--design", "own.json", "--rtl", "new"),
    "hw-simulate": ("hw-simulate", "build", "--images", "5"),
    "hw-synth": ("hw-synth", "build", "--board", "board.toml"),
    "hw-route": ("hw-route", "build", "--board", "ecp5.toml"),
    "hw-generate of the fastest design": ("hw-generate", "build", "--design", "fastest.json", "--rtl", "new"),
    "hw-generate of a built design": (
        "hw-generate", "build", "--design", "build/rtl/design.json", "--rtl", "new",
    ),
    "deploy": ("deploy", NETWORK),
    **JOINED_COMMANDS,
    "hw-simulate trusting": ("hw-simulate", "build", "--images", "5", "--trust-sources"),
    "hw-synth trusting": ("hw-synth", "build", "--board", "board.toml", "--trust-sources"),
    "hw-estimate of a large model": ("hw-estimate", "large/model.onnx", "--output", "out"),
    "verify on packed data": ("verify", "build", "--network", NETWORK, "--split", "test", "--data", "packed"),
    "calibrate on clothes": (
        "calibrate", NETWORK, *_RESULTS, "--float", "--dataset", "fashion-mnist", "--data", "clothes",
    ),
    "train on photos": (*_COLOURED, "cifar10", "--data", "photos"),
    "train on photos for Python": (*_COLOURED, "cifar10", "--data", "photos-for-python"),
    "train on house numbers": (*_COLOURED, "svhn", "--data", "house-numbers"),
    "train": TRAINING,
    "train from weights": (*TRAINING, "--from", "weights.safetensors"),
    "train on": (*TRAINING, "--resume"),
}  # fmt: skip
"""Every verb with arguments that it takes; ``{shared}`` is a folder beside that no command changes."""


def make(folder: Path) -> None:
    """Make all files: commands run in a copy of ``home``, and ``shared`` lies beside it."""
    home, beside = folder / "home", folder / "shared"
    shutil.copytree(shared("built", build), home, dirs_exist_ok=True)
    built = built_in(home)
    (home / "board.toml").write_text(BOARD)
    (home / "ecp5.toml").write_text(ECP5)
    (home / "own.json").write_text(json.dumps(OWN_DESIGN))
    (home / "fastest.json").write_text(json.dumps(FASTEST))
    (home / "partitions.json").write_text(json.dumps(design_a1()))
    conditional_model(home / "model.onnx")
    make_large_model(home / "large")
    torch.save(safetensors.torch.load_file(built.weights), home / "weights.pth")
    digits = load_mnist("validation")
    beside.mkdir()
    train = np.concatenate([np.arange(10_000), np.arange(500)])
    write_digits(beside, "train", digits.at(train))
    write_digits(beside, "t10k", digits.head(50))
    make_data_sets(home, digits.head(50))
    (home / "reports").mkdir()
    (home / "reports" / "xc7.json").write_text(json.dumps(COUNTS))
    (home / "reports" / "report.json").write_text(json.dumps(REPORT))
    _succeed("hw-estimate", built.folder)
    _succeed("hw-estimate", built.folder, "--target", "rtl", "--output", home / "designed")
    shutil.move(home / "designed" / "estimate.json", home / "rtl.json")
    shutil.rmtree(home / "designed")
    _succeed("hw-generate", built.folder, "--design", home / "rtl.json")
    make_joins(home)
    model = home / "models" / "Digits"
    model.mkdir(parents=True)
    shutil.copy(built.weights, model)
    trained = {"weights_sha256": sha256(model / built.weights.name), "source": NETWORK}
    (model / "training.json").write_text(json.dumps(trained))
    with patch("fpga_ee.training.fit.discard_checkpoint"):
        _succeed(*(one.format(shared=beside) for one in TRAINING[:-1]), home / "trained")
    for path in (home / "trained").iterdir():
        if path.suffix != ".ckpt":
            path.unlink()


def _succeed(*arguments: object) -> None:
    result = fpga_ee(*arguments)
    assert result.code == 0, result.err


def written(report: str, path: Path) -> None:
    """Give the content that a tool would write. Devices and sparse files are not copied: they have no end."""
    os.link(report, path, follow_symlinks=False)


@contextmanager
def stubbed() -> Iterator[None]:
    """Replace work that takes long and reads no file: tools, searches of minutes, thousands of images."""
    digits = load_mnist("validation").head(200)

    def simulate(_build: Path, _folder: Path, codes: Any, pauses: Pauses, *_: Any) -> Simulation:
        return Simulation(len(codes), pauses, None, (1, 1), 10, None, None, 1.0, (None, None), (), {})

    def yosys(_commands: Any, folder: Path, _log: Path) -> None:
        written("reports/xc7.json", folder / "xc7.json")

    def place(work: Path, *_: Any) -> None:
        written("reports/report.json", work / "report.json")
        for name in ("routed.config", "routed.bit", "nextpnr.log"):
            (work / name).write_text("")

    def fastest(space: Any, *_: Any) -> ReplicatedDesign:
        return ReplicatedDesign(Design({}, space.buffered), (1, 1), 100.0, Resources(1, 1, 1, 1), (), ())

    def embedded(split: str, folder: Path | None = None, **_: Any) -> Any:
        return digits if folder is None and split == "validation" else load_mnist(split, folder)

    with ExitStack() as stack:
        for name, stub in (
            ("fpga_ee.flow.simulate.simulate", simulate),
            ("fpga_ee.flow.simulate.wave", lambda _build, folder, *_: folder / "wave.fst"),
            ("fpga_ee.hardware.tools.yosys.run", yosys),
            ("fpga_ee.hardware.tools.nextpnr.place_and_route", place),
            ("fpga_ee.hardware.tools.nextpnr.pack", lambda *_: None),
            ("fpga_ee.flow.fastest.fastest_replicated", fastest),
        ):
            stack.enter_context(patch(name, stub))
        own = DataSet("mnist", "MNIST", ("mnist", "MNIST"), embedded)
        stack.enter_context(patch.dict(DATA_SETS, {"mnist": own}))
        yield
