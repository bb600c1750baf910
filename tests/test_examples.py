"""The examples go through the flow as their documentation says, from the folder that they are in."""

import shutil
from pathlib import Path

import pytest
from helpers.commands import Result, fpga_ee

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.files.reading import read_json
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.cost import multiplications

ROOT = Path(__file__).parents[1]
RESNET = "examples.small_resnet:SmallResNet"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like the repository's: results do not go into that one."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def succeeds(*arguments: object) -> Result:
    result = fpga_ee(*arguments)
    assert result.code == 0, result.err
    return result


@pytest.mark.slow
def test_the_small_resnet_goes_from_training_to_the_proof_and_no_further(here: Path, mnist: Path) -> None:
    succeeds("train", RESNET, "--data", mnist, "--epochs", 1)
    succeeds("calibrate", RESNET)
    succeeds("quantize", RESNET)
    succeeds("export", RESNET)
    folder = here / "build" / "SmallResNet"
    succeeds("verify", folder, "--network", RESNET, "--images", 200)

    proof = read_json(folder / "verification.json")
    assert proof["passed"]
    assert [run["difference"]["images"] for run in proof["runs"]] == [[]] * len(proof["runs"])
    manifest = load_manifest(folder)
    assert len(manifest.stages) == 3
    assert set(manifest.additions) == {
        "backbone.0.1.add", "backbone.1.add", "backbone.2.0.add", "backbone.2.1.add",
    }  # fmt: skip

    refused = fpga_ee("hw-estimate", folder)
    assert refused.code == 2
    message = "fpgaConvNet has no addition; try --target rtl"
    assert message in " ".join(refused.err.split())


def test_the_small_resnet_is_small() -> None:
    costs = multiplications(make_network(RESNET))
    assert len(costs) == 3
    assert costs[0] * 4 < costs[-1] < 5_000_000
