"""The accelerator's AXI4-Stream ends between those of cocotbext-axi, which others wrote."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import cocotb_tools.config
import numpy as np
import pytest
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner
from helpers.deploying import export_quantized
from helpers.exported import Exported
from helpers.testbench import BENCH
from numpy.typing import NDArray

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.artifacts.rules.criteria.entropy import CRITERION as ENTROPY
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.artifacts.rules.criterion import IntegerRule
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.exits.rules import ExitRule
from fpga_ee.hardware.design.folded_design import Design
from fpga_ee.hardware.design.generate import generate, read_integers
from fpga_ee.hardware.diagram.verilog import TOP
from fpga_ee.hardware.network.folding import Folding
from fpga_ee.hardware.simulation.expected import expected
from fpga_ee.hardware.tools import verilator
from fpga_ee.hardware.tools.sources import modules

FOLDING = {"backbone.0.layer.0": Folding(1, 4, 1, 9), "backbone.1": Folding(4, 4)}

OTHER_RULES = (ExitRule(TOP1, 0.52), ExitRule(ENTROPY, 0.97))
"""Written at run time: fewer samples leave at the first exit, more at the second."""

PORTS = "`verilator_config\n" + "".join(
    f'public_flat_rw -module "{TOP}" -var "{ports}"\n'
    for ports in ("clk", "rst", "s_axis_*", "m_axis_*", "cfg_*")
)
"""The signals that cocotb sees; with all signals, compilation takes minutes."""

PAUSES = ({"source": 0, "sink": 0}, {"source": 30, "sink": 60}, {"source": 70, "sink": 20})


@pytest.mark.slow
def test_results_and_their_ids_are_right_under_pauses_and_thresholds_can_be_written(
    three_exits: Exported, validation_images: LabelledImages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The simulator finds cocotb's tests where this process finds modules.
    monkeypatch.syspath_prepend(BENCH)
    export_quantized(three_exits.network, three_exits.quantized, OTHER_RULES, tmp_path / "second")
    generate(three_exits.folder, Design(FOLDING, 2), tmp_path / "rtl")
    codes = np.moveaxis(validation_images.images, 1, -1)
    traffic = [
        {"pauses": pauses, "batches": batches([three_exits.folder, tmp_path / "second"], codes, seed)}
        for seed, pauses in enumerate(PAUSES)
    ]
    exits = [[sample["result"]["exit"] for sample in batch["samples"]] for batch in traffic[0]["batches"]]
    assert set(exits[0]) == set(exits[1]) == {0, 1, 2}
    assert exits[0] != exits[1]
    run(tmp_path / "rtl", traffic)


def _bounds(rule: IntegerRule) -> NDArray[np.int32]:
    """The bounds that are written at run time: one, or a table."""
    constants = rule.constants
    return constants["bounds"] if "bounds" in constants else constants["bound"].reshape(1)


def batches(exports: Sequence[Path], codes: NDArray[np.uint8], seed: int) -> list[dict[str, Any]]:
    """All images by the thresholds of each export, with IDs in no order."""
    numbers = Random(seed).sample(range(1 << 16), len(exports) * len(codes))
    ids = iter(numbers)
    found = []
    for export in exports:
        _, _, rules = read_integers(export)
        bounds = [
            (exit_, address, int(bound))
            for exit_, rule in enumerate(rules)
            for address, bound in enumerate(_bounds(rule))
        ]
        wanted = expected(export, load_manifest(export), codes)
        samples = [
            {
                "id": number,
                "image": image.ravel().tolist(),
                "result": {"logits": logits.tolist(), "exit": int(exit_), "label": int(label)},
            }
            for number, image, logits, exit_, label in zip(
                ids, codes, wanted.logits, wanted.exits, wanted.labels, strict=False
            )
        ]
        found.append({"bounds": bounds, "samples": samples})
    return found


def run(folder: Path, traffic: list[dict[str, Any]]) -> None:
    """Simulate an accelerator with the cocotb tests in ``bench``; all of them must pass."""
    libraries = cocotb_tools.config.libs_dir
    (folder / "ports.vlt").write_text(PORTS)
    cocotb_main = Path(cocotb_tools.config.share_dir) / "lib" / "verilator" / "verilator.cpp"
    program = verilator.build(
        folder / f"{TOP}.sv",
        [folder / "ports.vlt", *modules()],
        cocotb_main,
        folder / "cocotb",
        [
            *("--vpi", "--timescale", "1ns/1ps", "-CFLAGS", "-O0"),
            *("--prefix", "Vtop", "-o", TOP),
            *("-LDFLAGS", f"-Wl,-rpath,{libraries} -L{libraries} -lcocotbvpi_verilator"),
        ],
    )
    path = folder / "traffic.json"
    path.write_text(json.dumps(traffic))
    results = get_runner("verilator").test(
        test_module="axi_stream",
        hdl_toplevel=TOP,
        hdl_toplevel_lang="verilog",
        build_dir=program.parent,
        test_dir=folder,
        results_xml=str(folder / "results.xml"),
        extra_env={"TRAFFIC": str(path), "COCOTB_LOG_LEVEL": "WARNING"},
        seed=1,
    )
    assert get_results(results) == (len(traffic), 0)
