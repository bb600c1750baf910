"""Harm done by fixed point: exits that lose accuracy, and layers whose weights all vanish."""

from collections.abc import Iterator

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.artifacts.formats import NetworkFormats
from fpga_ee.exits.outcome import Outcome
from fpga_ee.networks.early_exit import EarlyExitNetwork

MOST_LOSS = 0.003
"""Accuracy that an exit may lose without a warning: 0.3 points."""


def fixed_point_warnings(
    before: Outcome, after: Outcome, network: EarlyExitNetwork, formats: NetworkFormats
) -> tuple[str, ...]:
    """Write a warning about each fact that a person who deploys the network must know.

    Args:
        before: Results of the float network on images.
        after: Results of the fixed-point network on the same images.
        network: The fixed-point network.
        formats: Its formats.
    """
    return (*_lossy_exits(before, after), *_vanished(network, formats), *unused_exits(after.exit_rates))


def _lossy_exits(before: Outcome, after: Outcome) -> Iterator[str]:
    pairs = zip(before.exit_accuracies, after.exit_accuracies, strict=True)
    for index, (float_accuracy, accuracy) in enumerate(pairs):
        loss = float_accuracy - accuracy
        # Accuracies are rounded quotients; 30 of 10,000 images are not more than 0.3 points.
        if loss > MOST_LOSS + 1e-12:
            yield (
                f"exit {index} loses {100 * loss:.2f} points by fixed point ({100 * float_accuracy:.2f} % in "
                f"float, {100 * accuracy:.2f} % in fixed point)"
            )


def _vanished(network: EarlyExitNetwork, formats: NetworkFormats) -> Iterator[str]:
    integers = network.state_dict()
    for name in formats.layers:
        if not integers[f"{name}.weight"].any():
            yield f"all weights of {name} round to zero"
