"""A small network on digits, taken through calibrate, quantize and export by the command itself."""

from dataclasses import dataclass
from pathlib import Path

from fpga_ee.training.weights import save_weights
from helpers.commands import fpga_ee
from helpers.fitted import fitted

NETWORK = "helpers.small_networks:Digits"
JOINED = "helpers.small_networks:Joined"


@dataclass(frozen=True)
class Built:
    """A built network: the files of its weights and of its results."""

    weights: Path
    folder: Path
    network: str = NETWORK

    @property
    def arguments(self) -> tuple[object, ...]:
        """The arguments of all verbs but ``verify``."""
        return (self.network, "--weights", self.weights, "--build", self.folder)


def built_in(folder: Path) -> Built:
    return Built(folder / "weights.safetensors", folder / "build")


def build(folder: Path) -> Built:
    return _build(built_in(folder))


def build_joined(folder: Path) -> Built:
    return _build(Built(folder / "weights.safetensors", folder / "build", JOINED))


def _build(built: Built) -> Built:
    save_weights(fitted(built.network), built.weights)
    for verb in ("calibrate", "quantize", "export"):
        result = fpga_ee(verb, *built.arguments)
        assert result.code == 0, result.err
    return built
