"""Runs a network part by part, as it is deployed, and checks the tensor that each part gives."""

from collections.abc import Iterator

from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.early_exit import EarlyExitNetwork

WAYS_OUT = (
    "put a stem into the first part of the backbone, and a normalisation (x - mean) / std in front of it as "
    "nn.BatchNorm2d(channels, affine=False), which learns both from the images"
)
"""The remedy for a network that computes something outside of its stages."""


class PartFails(Exception):  # noqa: N818 - it says of which part
    """An exception that a part of a network raised.

    Attributes:
        part: ``backbone.0``, ``exits.1``, ...
        reason: The exception in words.
    """

    def __init__(self, part: str, error: Exception) -> None:
        """Name the part and its error."""
        super().__init__(f"{part}: {in_words(error)}")
        self.part = part
        self.reason = in_words(error)


def run_parts(network: EarlyExitNetwork, images: Tensor, name: str) -> list[Tensor]:
    """Compute the logits of every exit with the parts that ``stages()`` gives.

    Args:
        network: The network.
        images: float32 or float64 [N, *input_shape].
        name: The network's name, for messages.

    Raises:
        FpgaEeError: ``stages()`` gives other modules than ``backbone`` and ``exits``, or a part gives
            anything but one tensor of its input's dtype and number of images.
        PartFails: A part raises an exception.
    """
    every_exit = []
    feature_map = images
    for index, (backbone, exit_) in enumerate(_stages(network, name)):
        feature_map = _run(backbone, f"backbone.{index}", feature_map, name)
        logits = _run(exit_, f"exits.{index}", feature_map, name)
        if logits.ndim != 2:
            raise FpgaEeError(
                f"{name}: exits.{index} must give logits [images, classes], but of {len(images)} images it "
                f"gives {list(logits.shape)}"
            )
        every_exit.append(logits)
    return every_exit


def in_words(error: BaseException) -> str:
    """Write the kind of an error and the first line of its message."""
    first_line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__


def _stages(network: EarlyExitNetwork, name: str) -> Iterator[tuple[nn.Module, nn.Module]]:
    stages = list(network.stages())
    own = list(zip(network.backbone, network.exits, strict=True))
    if [tuple(map(id, pair)) for pair in stages] != [tuple(map(id, pair)) for pair in own]:
        # The names of layers and formats follow from backbone and exits.
        raise FpgaEeError(
            f"{name}: stages() must give backbone.0 with exits.0, backbone.1 with exits.1, and so on, and "
            "nothing else: leave it as EarlyExitNetwork has it; " + WAYS_OUT
        )
    yield from stages


def _run(part: nn.Module, place: str, entering: Tensor, name: str) -> Tensor:
    try:
        given = part(entering)
    except Exception as error:  # the user's code can raise anything
        raise PartFails(place, error) from error
    if not isinstance(given, Tensor):
        raise FpgaEeError(
            f"{name}: {place} gives {_kind(given)}, but a part hands on one tensor: join the tensors "
            "(torch.cat), or cut the network where there is only one"
        )
    if given.ndim < 2 or len(given) != len(entering):
        raise FpgaEeError(
            f"{name}: {place} gives {list(given.shape)} of {list(entering.shape)}: the first dimension must "
            "stay the number of images, and at least one more must be left"
        )
    if given.dtype != entering.dtype:
        raise FpgaEeError(
            f"{name}: {place} gives {_dtype(given)} of {_dtype(entering)}: a part must compute in the dtype "
            "of its input; cast nothing, and make tensors with dtype=x.dtype"
        )
    return given


def _kind(value: object) -> str:
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    return "nothing (None)" if value is None else f"a {type(value).__name__}"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
