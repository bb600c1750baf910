"""The first run of a new network: lazy layers get their weights, and problems are reported."""

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.part_by_part import WAYS_OUT, PartFails, in_words, run_parts


def run_first(network: EarlyExitNetwork, name: str) -> None:
    """Run one blank image in evaluation mode, so that problems are found now and not during a training.

    Lazy layers draw their weights from torch's random numbers.

    Args:
        network: A network with fresh weights.
        name: Its name, for messages.

    Raises:
        FpgaEeError: The image's shape is invalid, layers do not fit, a part gives anything but one tensor,
            the exits do not all give [1, classes], or a lazy layer was not reached.
    """
    shape = network.input_shape
    sizes = shape if isinstance(shape, (tuple, list)) else ()
    if len(sizes) != 3 or not all(type(size) is int and size >= 1 for size in sizes):
        raise FpgaEeError(
            f"{name}: input_shape is {shape!r:.60}; give channels, rows and columns, each a whole number of "
            "at least 1"
        )
    image = torch.zeros(1, *shape)
    network.eval()
    # Inference mode is not used, because parameters that are made in it could not be trained.
    with torch.no_grad():
        trouble = _forward(network, image)
        try:
            every_exit = run_parts(network, image, name)
        except PartFails as failure:
            if trouble is None:
                raise FpgaEeError(
                    f"{name}: its forward runs, but its stages alone, which are deployed, do not: {failure}; "
                    + WAYS_OUT
                ) from failure
            trouble = failure.reason
    network.train()
    if trouble is not None:
        raise FpgaEeError(f"{name} fails on an image of its input shape {tuple(shape)}: {trouble}")
    shapes = [list(logits.shape) for logits in every_exit]
    if any(each != shapes[0] for each in shapes):
        raise FpgaEeError(f"the exits of {name} must all give logits [1, classes], but they give {shapes}")
    for parameter, value in network.state_dict(keep_vars=True).items():
        if is_lazy(value):
            raise FpgaEeError(f"{name}: no image reaches the lazy layer of {parameter}: leave it out")


def _forward(network: EarlyExitNetwork, image: Tensor) -> str | None:
    """Run ``forward``, and describe the error; None where it runs."""
    try:
        network(image)
    except (Exception, SystemExit) as error:  # the user's code can raise anything
        return in_words(error)
    return None
