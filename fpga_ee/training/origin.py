"""Checks that trained weights are the result of the training that is recorded beside them."""

import hashlib
import os
from pathlib import Path

from fpga_ee.artifacts.names import TRAINING_FILE, WEIGHTS_FILE
from fpga_ee.artifacts.source import recorded_source
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import MOST_TEXT, read_bytes, read_member
from fpga_ee.files.schemas import Name, Sha256, excerpt, parse_record


@excerpt
class _Training:
    """The entries of ``training.json`` that are read.

    Attributes:
        weights_sha256: SHA-256 of the weights that the training made.
        source: The network of the weights; records of this package's own networks name none.
    """

    weights_sha256: Sha256
    source: Name | None = None


def check_origin(weights: Path, source: str) -> None:
    """Compare a file of weights with the record of its training, if there is one beside it.

    Args:
        weights: The file; only a file that a training wrote can have a record.
        source: The network that takes the weights: a name of this package, or ``package.module:Class``.

    Raises:
        FpgaEeError: The record is invalid, or it is of other weights, or of another network.
    """
    record = weights.parent / TRAINING_FILE
    if weights.name != WEIGHTS_FILE or not os.path.lexists(record):
        return
    content = read_member(record.parent, record.name, MOST_TEXT)
    training = parse_record(
        _Training, content, record, "the record of a training", "train again, or remove it"
    )
    if hashlib.sha256(read_bytes(weights)).hexdigest() != training.weights_sha256:
        raise FpgaEeError(
            f"{weights} is not the file that {record} describes: its SHA-256 differs; train again, or remove "
            f"{record.name} if the weights are from elsewhere"
        )
    if training.source not in (None, source):
        raise FpgaEeError(
            f"{weights} was trained for {training.source!r:.80}, not for {source}: name other weights with "
            "--weights, or train again with --output"
        )


def check_output(folder: Path, source: str) -> None:
    """Check that the folder for trained weights holds no weights of another network.

    Args:
        folder: The folder; it may not exist.
        source: The network, as for :func:`check_origin`.

    Raises:
        FpgaEeError: The folder holds weights of another network.
    """
    trained = recorded_source(folder, TRAINING_FILE)
    if trained not in (None, source):
        raise FpgaEeError(
            f"{folder} holds the weights of {trained!r:.80}, not of {source}: name another folder with "
            "--output"
        )
