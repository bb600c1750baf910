"""A sum of a file is an addition of the manifest, and the manifest has nothing that no file has."""

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.deploying import deploy
from helpers.drawn_joins import Sum
from helpers.exported import edit_manifest
from torch import nn

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork


def residual() -> nn.Module:
    return nn.Sequential(Sum(nn.Conv2d(2, 2, kernel_size=1), nn.Identity()), nn.ReLU())


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with two additions in its only stage."""
    torch.manual_seed(0)
    network = EarlyExitNetwork(
        backbone=[nn.Sequential(nn.Conv2d(1, 2, kernel_size=3), residual(), residual())],
        exits=[nn.Sequential(nn.Flatten(), nn.Linear(32, 3))],
        exit_loss_weights=[1.0],
        input_shape=(1, 6, 6),
    ).eval()
    images = (np.arange(20 * 36).reshape(20, 1, 6, 6) * 7 % 256 / 256).astype(np.float32)
    folder = tmp_path_factory.mktemp("additions")
    deploy(network, [], images, folder)
    assert len(load_manifest(folder).additions) == 2
    return folder


def narrower(record: Any) -> None:
    """Change the format of a sum, and all that are the same, so that they follow from one another."""
    old = next(iter(record["additions"].values()))["output"]
    text = json.dumps({key: record[key] for key in ("stages", "layers", "additions")})
    record.update(json.loads(text.replace(json.dumps(old), json.dumps(old | {"bits": 7}))))


def twice(record: Any, kind: str) -> None:
    """Tell of a layer or an addition twice, under another name."""
    record[kind]["backbone.0.ghost"] = deepcopy(next(iter(record[kind].values())))


LACKS, GHOST = "the manifest has no such addition", r"tells of backbone\.0\.ghost, which no file has"
CHANGES: dict[str, tuple[Callable[[Any], object], str]] = {
    "a narrower sum": (narrower, r"onnx is not what manifest\.json says: .* is "),
    "a sum too few": (lambda record: record["additions"].popitem(), LACKS),
    "a sum too many": (lambda record: twice(record, "additions"), GHOST),
    "a layer too many": (lambda record: twice(record, "layers"), GHOST),
}


@pytest.mark.slow
@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES.keys())
def test_other_additions_than_those_of_the_files_are_refused(
    exported: Path, tmp_path: Path, change: Callable[[Any], object], message: str
) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(exported, folder)
    edit_manifest(folder, change)
    with pytest.raises(FpgaEeError, match=message):
        load_manifest(folder)
