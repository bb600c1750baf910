"""Exported files together with the PyTorch network that made them, which is made again."""

from dataclasses import dataclass
from pathlib import Path

from fpga_ee.artifacts import names
from fpga_ee.artifacts.formats import FixedPoint, NetworkFormats
from fpga_ee.artifacts.manifest import FIXED_POINT, Manifest, load_manifest
from fpga_ee.artifacts.rules.criteria import criterion_named
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.rules import ExitRule
from fpga_ee.networks.catalogue import NETWORKS, canonical, make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork, ExitTest
from fpga_ee.networks.same_function import check_same_function
from fpga_ee.quantization.exporting import check_traceable
from fpga_ee.quantization.quantize import apply_formats
from fpga_ee.training.weights import load_member_weights


@dataclass(frozen=True)
class Deployment:
    """A network and its exported files, to be verified.

    Attributes:
        folder: The exported files.
        manifest: Their manifest.
        network: The PyTorch network, fixed-point or float as the manifest says.
        float_network: The float network that it was quantized from; the same network in a float export.
        rules: The float rule of every exit but the last.
        exit_tests: The decision of every exit but the last, in PyTorch.
    """

    folder: Path
    manifest: Manifest
    network: EarlyExitNetwork
    float_network: EarlyExitNetwork
    rules: tuple[ExitRule, ...]
    exit_tests: tuple[ExitTest, ...]

    @property
    def exact(self) -> bool:
        """True where every bit must be equal."""
        return self.manifest.arithmetic == FIXED_POINT


def load_deployment(folder: Path, source: str | None) -> Deployment:
    """Read the files of a folder and make their network again from its source, weights and formats.

    Args:
        folder: The folder of the files.
        source: Source of the network; None for the manifest's source if it is a network of this package.
            Files from outside must not choose the code that is run, so a user's own network must be named.

    Raises:
        FpgaEeError: The folder is not complete and unchanged, the network cannot be made, the manifest names
            another network, or the network's ways to run are not one function.
    """
    manifest = load_manifest(folder)
    if source is None and manifest.source not in NETWORKS:
        raise FpgaEeError(
            f"{folder} was made by code outside this package; to run it, name it: --network {manifest.source}"
        )
    if source is not None and canonical(source) != manifest.source:
        raise FpgaEeError(
            f"{folder} was made by {manifest.source!r:.80}, not by {source}: name that one, or export again"
        )
    network = make_network(source or manifest.source)
    load_member_weights(network, folder, names.WEIGHTS_FILE)
    network.eval()
    check_same_function(network, manifest.source)
    rules = tuple(
        ExitRule(criterion_named(stage.rule.criterion), stage.rule.threshold)
        for stage in manifest.stages
        if stage.rule is not None
    )
    if manifest.arithmetic != FIXED_POINT:
        check_traceable(network)
        return Deployment(folder, manifest, network, network, rules, rules)
    formats = formats_of(manifest)
    return Deployment(
        folder,
        manifest,
        apply_formats(network, formats).network,
        network,
        rules,
        tuple(integer_decisions(rules, formats.logits)),
    )


def formats_of(manifest: Manifest) -> NetworkFormats:
    """Give the formats of a fixed-point network.

    Raises:
        FpgaEeError: A tensor has no format.
    """
    return NetworkFormats(
        layers=manifest.layers,
        additions=manifest.additions,
        feature_maps=tuple(_present(stage.feature_map.format) for stage in manifest.stages),
        logits=tuple(_present(stage.logits.format) for stage in manifest.stages),
    )


def _present(format_: FixedPoint | None) -> FixedPoint:
    if format_ is None:
        raise FpgaEeError(
            f"{names.MANIFEST} says fixed point but leaves a tensor without format; export again"
        )
    return format_
