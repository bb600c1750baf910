"""Whether trained weights are those that the training beside them made."""

import hashlib
from pathlib import Path

from fpga_ee.artifacts.names import TRAINING_FILE, WEIGHTS_FILE
from fpga_ee.artifacts.source import recorded_source
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes, read_json


def check_origin(weights: Path, source: str) -> None:
    """Compare a file of weights with the record of its training, where there is one beside it.

    Args:
        weights: The file; only one that a training wrote can have a record.
        source: The network that is to take them: a name of this package, or ``package.module:Class``.

    Raises:
        FpgaEeError: The record is none, or is of other weights, or of another network.
    """
    record = weights.parent / TRAINING_FILE
    if weights.name != WEIGHTS_FILE or not record.exists():
        return
    content = read_json(record)
    expected = content.get("weights_sha256") if isinstance(content, dict) else None
    if not isinstance(expected, str):
        raise FpgaEeError(f"{record} does not say which weights it is of; train again, or remove it")
    if hashlib.sha256(read_bytes(weights)).hexdigest() != expected:
        raise FpgaEeError(
            f"{weights} is not the file that {record} is of: its SHA-256 differs; train again, or remove "
            f"{record.name} if the weights are from elsewhere"
        )
    # Records of this package's own networks name none.
    trained = recorded_source(record)
    if trained not in (None, source):
        raise FpgaEeError(
            f"{weights} was trained for {trained!r:.80}, not for {source}: name other weights with "
            "--weights, or train again with --output"
        )


def check_target(folder: Path, source: str) -> None:
    """Check that a folder to train into holds no weights of another network.

    Args:
        folder: The folder; it may not be there.
        source: The network, as above.

    Raises:
        FpgaEeError: It holds such weights.
    """
    trained = recorded_source(folder / TRAINING_FILE)
    if trained not in (None, source):
        raise FpgaEeError(
            f"{folder} holds the weights of {trained!r:.80}, not of {source}: name another folder with "
            "--output"
        )
