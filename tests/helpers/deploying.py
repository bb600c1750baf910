"""Taking a network through quantize, export and verify in a few lines."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.manifest import load_manifest, sha256
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.names import MANIFEST
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.export import export
from fpga_ee.networks.catalogue import NETWORKS
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import Quantized, quantize
from fpga_ee.verification.deployment import Deployment, load_deployment
from fpga_ee.verification.verify import Verification, verify

NAME = "Deployed"


def made_up(exits: int) -> Measurement:
    """A measurement that nobody made: one image left at each exit, with the wrong label."""
    return Measurement("made up", exits, (1 / exits,) * exits, (0.0,) * exits, 0.0)


@contextmanager
def known(network: EarlyExitNetwork) -> Iterator[None]:
    """Make the catalogue know the layers of a network, without its weights, under ``NAME``."""

    def make() -> EarlyExitNetwork:
        blank = deepcopy(network)
        for parameter in blank.parameters():
            torch.nn.init.zeros_(parameter)
        return blank

    with patch.dict(NETWORKS, {NAME: make}):
        yield


def export_quantized(
    network: EarlyExitNetwork,
    quantized: Quantized,
    rules: Sequence[ExitRule],
    folder: Path,
    batch: int = 1,
) -> None:
    """Export a fixed-point network that was made of ``network``."""
    export(
        quantized.network,
        integer_decisions(rules, quantized.formats.logits),
        quantized.formats,
        folder,
        float_network=network,
        name=NAME,
        source=NAME,
        measured=made_up(len(network.exits)),
        batch=batch,
    )


def export_float(network: EarlyExitNetwork, rules: Sequence[ExitRule], folder: Path) -> None:
    """Export a float network."""
    export(
        network.eval(),
        rules,
        None,
        folder,
        float_network=network,
        name=NAME,
        source=NAME,
        measured=made_up(len(network.exits)),
    )


def deploy(
    network: EarlyExitNetwork,
    rules: Sequence[ExitRule],
    images: NDArray[np.float32],
    folder: Path,
    widths: Widths | None = None,
) -> Deployment:
    """Quantize, export, and make everything again from the files."""
    quantized = quantize(network, torch.from_numpy(images), widths or Widths())
    export_quantized(network, quantized, rules, folder)
    return load(network, folder)


def deployed(
    network: EarlyExitNetwork, quantized: Quantized, rules: Sequence[ExitRule], folder: Path
) -> Deployment:
    """Export a fixed-point network that was made of ``network``, and take it as it is against its files."""
    export_quantized(network, quantized, rules, folder)
    tests = tuple(integer_decisions(rules, quantized.formats.logits))
    return Deployment(folder, load_manifest(folder), quantized.network, network, tuple(rules), tests)


def load(network: EarlyExitNetwork, folder: Path) -> Deployment:
    """Make everything again from the files of a network."""
    with known(network):
        return load_deployment(folder, None)


def verified(deployment: Deployment, images: NDArray[np.float32]) -> Verification:
    """Verify without progress; the labels do not matter."""
    labels = np.zeros(len(images), dtype=np.int64)
    return verify(deployment, images, labels, lambda _, __: lambda _: None)


def vouch_for(folder: Path) -> None:
    """Make the manifest of a folder tell the files as they are now."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text())
    manifest["files"] = {name: sha256(folder / name) for name in manifest["files"]}
    path.write_text(json.dumps(manifest))
