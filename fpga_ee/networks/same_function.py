"""Checks that all ways to run a network are one function.

A network is trained and calibrated with its ``forward``, quantized and exported by its parts, and verified
with its ``infer``. A user's class may do something else in each of these. So they are compared, on a copy in
evaluation mode and in float64. There the order of additions changes a logit by some 1e-15 of its value, so a
difference of 1e-9 shows another function.
"""

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.batch_sizes import sizes_apart
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.part_by_part import WAYS_OUT, PartFails, in_words, run_parts

TOLERANCE = 1e-9
"""Largest difference of two logits, relative to the largest logit, for which two functions are the same."""

CASTS = 1e-3
"""Largest relative difference in float32: far above rounding, and below a cast to fewer bits."""

LARGE = 36
"""Number of images in a large batch."""

FLOAT32 = 1e-5
"""Largest difference that may be rounding to float32 instead of another function."""


def check_same_function(network: EarlyExitNetwork, name: str) -> None:
    """Check that ``forward``, the stages and ``infer`` always give the same logits.

    The network itself is not run, and the caller's random numbers do not change.

    Args:
        network: Float network; in training or evaluation mode.
        name: The network's name, for messages.

    Raises:
        FpgaEeError: The logits differ, or the network cannot be run in float64.
    """
    images = probe_images(network.input_shape)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        copy = double_copy(network, name)
        before = {key: tensor.clone() for key, tensor in copy.state_dict().items()}
        try:
            # The parts come first, because they can name the part that does not run in float64.
            of_stages = run_parts(copy, images, name)
            logits = _forward(copy, images, name)
            _forward(copy, images[:2], name)  # for a network that remembers its last images
            _compare_calls(name, _forward(copy, images, name), logits)
            _compare_stages(name, of_stages, logits)
            _compare_batches(name, copy, images, logits)
            for size in (LARGE, *sizes_apart(copy)):
                _compare_large_batch(name, copy, images, logits, size)
            _compare_inference(name, copy, images, logits)
            _compare_calls(name, _forward(copy, images, name), logits)
        except FpgaEeError:
            raise
        except Exception as error:  # the user's code can raise anything
            raise FpgaEeError(
                f"{name} runs in float32, but not in float64, where its ways to run are compared: "
                f"{error if isinstance(error, PartFails) else in_words(error)}; make tensors with "
                "dtype=x.dtype, and keep those of the network in parameters or buffers"
            ) from error
        for key, tensor in copy.state_dict().items():
            if not torch.equal(tensor, before[key]):
                raise FpgaEeError(
                    f"{name} changes its buffer {key} when it runs in evaluation mode: change it in training "
                    "mode only"
                )
        _compare_in_float32(name, network, images)
        _compare_with_other_weights(name, copy, images)
        _check_training(name, copy.train(), images, logits)


def probe_images(shape: tuple[int, ...]) -> Tensor:
    """Make images of every brightness and contrast, always the same: float64 [6, *shape], pixel / 256."""
    noise = torch.rand(4, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    dark, bright = noise[1] / 8, 1 - noise[2] / 8
    blank = torch.zeros_like(dark)
    images = torch.stack([noise[0], dark, bright, noise[3] / 2, blank, torch.ones_like(dark)])
    return (images * 255).round() / 256


def double_copy(network: EarlyExitNetwork, name: str) -> EarlyExitNetwork:
    """Copy a network in evaluation mode and float64.

    Raises:
        FpgaEeError: The network cannot be copied, or its copy stays in training mode.
    """
    try:
        copy = deepcopy(network).double().eval()
    except Exception as error:  # the user's code can raise anything
        raise FpgaEeError(
            f"{name} cannot be copied: {in_words(error)}; keep its tensors in parameters or buffers"
        ) from error
    training = [place for place, module in copy.named_modules() if module.training]
    if training:
        raise FpgaEeError(
            f"{name}: {training[0] or 'the network'} stays in training mode after eval(): its train() must "
            "set the mode that it is given"
        )
    return copy


def far_apart(found: Tensor, expected: Tensor) -> float | None:
    """Compute the largest difference of two tensors, relative to the largest value.

    The result is None if the difference is within the tolerance.
    """
    largest = float(torch.maximum(found.abs().amax(), expected.abs().amax()))
    difference = float((found - expected).abs().amax())
    return None if difference <= TOLERANCE * largest else difference / max(largest, 1e-300)


def _forward(network: EarlyExitNetwork, images: Tensor, name: str) -> list[Tensor]:
    given = network(images)
    exits = len(network.exits)
    if not (isinstance(given, (list, tuple)) and all(isinstance(logits, Tensor) for logits in given)):
        raise FpgaEeError(f"{name}: forward must give a list of the logits of every exit, one tensor each")
    if len(given) != exits:
        raise FpgaEeError(f"{name}: forward gives the logits of {len(given)} exits, but there are {exits}")
    for index, logits in enumerate(given):
        if not bool(torch.isfinite(logits).all()):
            raise FpgaEeError(f"{name}: exit {index} gives logits that are no finite numbers")
    return list(given)


def _first_apart(found: Sequence[Tensor], expected: Sequence[Tensor]) -> tuple[int, float] | None:
    """Find the first exit with other logits, and their relative difference."""
    for index, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        if ours.shape != theirs.shape:
            return index, float("inf")
        if (apart := far_apart(ours, theirs)) is not None:
            return index, apart
    return None


def _compare_calls(name: str, found: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    if apart := _first_apart(found, expected):
        raise FpgaEeError(
            f"{name}: forward gives other logits of the same images when it is called again, at exit "
            f"{apart[0]} by {apart[1]:.2g} of the largest: in evaluation mode a network must draw nothing at "
            "random and remember nothing"
        )


def _compare_stages(name: str, found: Sequence[Tensor], expected: Sequence[Tensor]) -> None:
    if apart := _first_apart(found, expected):
        raise FpgaEeError(
            f"{name}: forward, which is trained, and the stages, which are deployed, are not the same "
            f"function: the logits of exit {apart[0]} differ by {apart[1]:.2g} of the largest; {WAYS_OUT}"
        )


def _compare_batches(
    name: str, network: EarlyExitNetwork, images: Tensor, expected: Sequence[Tensor]
) -> None:
    singles = [_forward(network, image, name) for image in torch.split(images, 1)]
    apart = _first_apart([torch.cat(of_exit) for of_exit in zip(*singles, strict=True)], expected)
    if apart is None:
        return
    if apart[1] < FLOAT32:
        raise FpgaEeError(
            f"{name} computes in float32 even where its input is float64: exit {apart[0]} rounds otherwise "
            "for one image than for several; cast nothing, and make tensors with dtype=x.dtype"
        )
    raise FpgaEeError(
        f"{name}: forward gives an image other logits alone than among others, at exit {apart[0]} by "
        f"{apart[1]:.2g} of the largest: in evaluation mode no layer may look at the other images "
        "(let normalisations track running statistics)"
    )


def _compare_large_batch(
    name: str, network: EarlyExitNetwork, images: Tensor, expected: Sequence[Tensor], size: int
) -> None:
    """Check that images get the same logits in a large batch, as calibration runs it, as in a small one."""
    batch = images.repeat(-(-size // len(images)), 1, 1, 1)[:size]
    many = [logits[: len(images)] for logits in _forward(network, batch, name)]
    if apart := _first_apart(many, expected):
        raise FpgaEeError(
            f"{name}: forward gives an image other logits among {size} images than among "
            f"{len(images)}, at exit {apart[0]} by {apart[1]:.2g} of the largest: in evaluation mode it must "
            "not look at the size of a batch"
        )


def _compare_in_float32(name: str, network: EarlyExitNetwork, images: Tensor) -> None:
    """Check for casts that do not change float64, such as automatic casting, in float32."""
    copy = deepcopy(network).eval()
    found, expected = run_parts(copy, images.float(), name), _forward(copy, images.float(), name)
    for index, logits in enumerate(expected):
        if logits.dtype != torch.float32:
            raise FpgaEeError(
                f"{name}: forward gives {str(logits.dtype).removeprefix('torch.')} logits at exit {index} of "
                "images in float32: cast nothing, and leave autocast out of it"
            )
    for ours, theirs in zip(found, expected, strict=True):
        apart = float((ours - theirs).abs().amax()) / max(float(theirs.abs().amax()), 1e-30)
        if apart > CASTS:
            raise FpgaEeError(
                f"{name}: forward and the stages differ by {apart:.2g} of the largest logit in float32, and "
                "in float64 they agree: cast nothing, and leave autocast out of it"
            )


def _compare_with_other_weights(name: str, network: EarlyExitNetwork, images: Tensor) -> None:
    """Compare with other weights; untrained, a scale of 1 or a shift of 0 in ``forward`` has no effect."""
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        if parameter.is_floating_point():
            parameter.add_(torch.rand(parameter.shape, generator=generator, dtype=parameter.dtype) / 4)
    try:
        of_stages, logits = run_parts(network, images, name), _forward(network, images, name)
    except Exception:
        return
    _compare_stages(name, of_stages, logits)


def _check_training(name: str, network: EarlyExitNetwork, images: Tensor, expected: Sequence[Tensor]) -> None:
    """Check that training mode gives the same number of exits and classes; its values may differ."""
    try:
        given = _forward(network, images, name)
    except FpgaEeError:
        raise
    except Exception as error:  # the user's code can raise anything
        raise FpgaEeError(
            f"{name} runs in evaluation mode, but not in training: {in_words(error)}"
        ) from error
    shapes = [list(logits.shape) for logits in given]
    if shapes != [list(logits.shape) for logits in expected]:
        raise FpgaEeError(f"{name}: forward gives logits of other shapes in training mode: {shapes}")


def _compare_inference(
    name: str, network: EarlyExitNetwork, images: Tensor, expected: Sequence[Tensor]
) -> None:
    last = len(expected) - 1
    for taken in range(len(expected)):
        for image, *logits in zip(
            torch.split(images, 1), *(torch.split(each, 1) for each in expected), strict=True
        ):
            seen: list[Tensor] = []
            tests = [_Answering(answer=index >= taken, seen=seen) for index in range(last)]
            inference = network.infer(image, tests)
            judged = range(min(taken + 1, last))
            wrong = (
                inference.exit_index != taken
                # The label follows the inference's own logits, because rounding decides between classes that
                # tie.
                or inference.label != int(inference.logits.argmax())
                or len(seen) != len(judged)
                or _first_apart([inference.logits, *seen], [logits[taken], *(logits[i] for i in judged)])
            )
            if wrong:
                raise FpgaEeError(
                    f"{name}: infer and forward are not the same function: an image that leaves at exit "
                    f"{taken} gets exit {inference.exit_index} and other logits or another label, or its "
                    "tests see other logits; leave infer as EarlyExitNetwork has it"
                )


class _Answering:
    """An exit test that always gives the same answer, and records its logits."""

    def __init__(self, *, answer: bool, seen: list[Tensor]) -> None:
        self.answer = answer
        self.seen = seen

    def __call__(self, logits: Tensor) -> Tensor:
        self.seen.append(logits)
        return torch.full((len(logits),), self.answer)
