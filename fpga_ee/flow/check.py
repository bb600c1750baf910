"""Step check: asks fixed point and hardware about every layer of a network before it is trained.

This module has no list of supported layers. A network with random weights passes the steps that follow a
training, with random images, in a temporary folder. Where a step refuses a layer, the layers after it are
asked too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from fpga_ee.artifacts.formats import Widths
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.rules.criteria.top1 import CRITERION as TOP1
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.outcome import logits_of, outcome
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.export import export
from fpga_ee.flow.check_hardware import TARGET_NAMES, hardware_refusals
from fpga_ee.flow.check_room import room
from fpga_ee.flow.hardware_targets import files_of
from fpga_ee.flow.subject import Subject
from fpga_ee.hardware.fpga import boards
from fpga_ee.hardware.fpga.boards import Board
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.authored import AuthoredLayer, authored
from fpga_ee.quantization.certificate import NotExactError
from fpga_ee.quantization.exporting import check_traceable
from fpga_ee.quantization.quantize import Quantized, quantize
from fpga_ee.quantization.stand_in import Examined, examine
from fpga_ee.verification.findings import BY_FIXED_POINT, Check, Refusal, Room

IMAGES = 8
"""Number of random images for the formats; whether a layer is taken hardly depends on them."""


_NO_EXPORT = "hardware reads what fixed point exports"


def check_step(subject: Subject, board: str) -> Check:
    """Check a network by its name.

    Args:
        subject: The network; neither weights nor images are read.
        board: A board's name or file.

    Raises:
        FpgaEeError: There is no such network or board, or the network cannot be made or run.
    """
    return check(make_network(subject.source), subject.name, boards.load(board))


def check(network: EarlyExitNetwork, name: str, board: Board) -> Check:
    """Ask fixed point, fpgaConvNet's model and our library about every layer, and a board for room.

    Args:
        network: Float network, with any weights.
        name: Name of the network.
        board: The board.
    """
    examined = examine(network.eval())
    refused = [Refusal(BY_FIXED_POINT, refusal.layer, refusal.reason) for refusal in examined.refusals]
    with _temporary_folder() as folder:
        try:
            _export(examined.network, name, folder)
        except NotExactError as error:
            layers = _operations(examined)
            refused += [
                Refusal(BY_FIXED_POINT, layers.get(layer), reason) for layer, reason in error.reasons.items()
            ]
        except FpgaEeError as error:
            if isinstance(error.__cause__, OSError):  # a full disk says nothing about the network
                raise
            refused.append(Refusal(BY_FIXED_POINT, None, str(error)))
        else:
            return _with_hardware(examined, refused, folder, name, board)
    unknown = [Room(taker, None, _NO_EXPORT) for taker in TARGET_NAMES]
    return Check(
        name,
        board.name,
        examined.layers,
        refused,
        examined.unasked,
        dict.fromkeys(TARGET_NAMES, _NO_EXPORT),
        unknown,
    )


def refuse_early(subject: Subject, board: str, tell: Callable[[str], None]) -> None:
    """Check a network before work is spent on it.

    Args:
        subject: The network.
        board: As for :func:`check_step`.
        tell: Called with one line about hardware's refusals.

    Raises:
        FpgaEeError: Fixed point refuses the network; or as for :func:`check_step`.
    """
    subject.found_data_set()
    found = check_step(subject, board)
    refusals = found.of(BY_FIXED_POINT)
    if refusals:
        first, *others = refusals
        more = f" ({len(others)} more: `fpga-ee check {subject.source}` lists them)" if others else ""
        named = first.reason if first.layer is None else f"{first.layer}: {first.reason}"
        raise FpgaEeError(
            f"{named}{more}. Change it before it is trained, or say with --float that the network is only "
            "for `fpga-ee export --float`"
        )
    if not found.passed:
        takers = dict.fromkeys(refusal.taker for refusal in found.refusals)
        short = [room.taker for room in found.rooms if room.fits is False]
        refused = [f"{taker} refuses {len(found.of(taker))} of its layers" for taker in takers]
        refused += [f"{found.board} has no room for it by {taker}" for taker in short]
        tell(f"note: {'; '.join(refused)} (`fpga-ee check {subject.source}` says why)")


def refuse_untraceable(subject: Subject) -> None:
    """Check that a network can be exported in float, before work is spent on it.

    Raises:
        FpgaEeError: The network does not exist, or a part of it is no graph of operators.
    """
    check_traceable(make_network(subject.source))


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        temporary = TemporaryDirectory()
    except OSError as error:
        raise FpgaEeError(
            f"cannot make a temporary folder: {error.strerror or error}; name another place for it in TMPDIR"
        ) from error
    with temporary as folder:
        yield Path(folder)


def _export(network: EarlyExitNetwork, name: str, folder: Path) -> None:
    """Quantize and export as the flow does, with arbitrary thresholds and images."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (IMAGES, *network.input_shape), generator=generator)
    images = pixels.float() / 256
    quantized: Quantized = quantize(network, images, Widths())
    rules = [ExitRule(TOP1, 0.5)] * (len(network.exits) - 1)
    decisions = integer_decisions(rules, quantized.formats.logits)
    measured = outcome(
        logits_of(quantized.network, images), decisions, torch.zeros(IMAGES, dtype=torch.int64)
    )
    export(
        quantized.network,
        decisions,
        quantized.formats,
        folder,
        float_network=network,
        name=name,
        source=name,
        measured=Measurement(split="random images", images=IMAGES, **asdict(measured)),
    )


def _operations(examined: Examined) -> dict[str, AuthoredLayer]:
    """Give the author's layer of each certified operation, by the operation's name."""
    return {
        operation.name: authored(operation.node) for part in examined.parts for operation in part.operations
    }


def _with_hardware(
    examined: Examined, refused: list[Refusal], folder: Path, name: str, board: Board
) -> Check:
    """Ask hardware about the exported network, in which stand-ins replace the refused layers."""
    not_asked: dict[str, str] = {}
    rooms: list[Room] = []
    found = list(refused)
    stood_in_for = {refusal.layer for refusal in refused}
    for taker, target in TARGET_NAMES.items():
        files = files_of(target)
        try:
            files.prepare()
        except FpgaEeError as error:
            not_asked[taker] = str(error)
            rooms.append(Room(taker, None, str(error)))
            continue
        refusals = [
            Refusal(taker, layer, reason)
            for layer, reason in hardware_refusals(files, folder, examined.parts)
            if layer not in stood_in_for
        ]
        found += refusals
        if refused or refusals:
            rooms.append(Room(taker, None, "not all of its layers are taken"))
        else:
            rooms.append(room(taker, target, folder, board))
    return Check(name, board.name, examined.layers, found, examined.unasked, not_asked, rooms)
