"""A small network on digits, taken through calibrate, quantize and export by the command itself."""

from dataclasses import dataclass
from pathlib import Path

from fpga_ee.training.weights import save_weights
from helpers.commands import fpga_ee
from helpers.fitted import fitted

NETWORK = "helpers.small_networks:Digits"


@dataclass(frozen=True)
class Built:
    """A built network: the files of its weights and of its results."""

    weights: Path
    folder: Path

    @property
    def arguments(self) -> tuple[object, ...]:
        """The arguments of all verbs but ``verify``."""
        return (NETWORK, "--weights", self.weights, "--build", self.folder)


def built_in(folder: Path) -> Built:
    return Built(folder / "weights.safetensors", folder / "build")


def build(folder: Path) -> Built:
    built = built_in(folder)
    save_weights(fitted(NETWORK), built.weights)
    for verb in ("calibrate", "quantize", "export"):
        result = fpga_ee(verb, *built.arguments)
        assert result.code == 0, result.err
    return built
