"""Loading what PyTorch saved, without running anything in it, and without an end that never comes.

PyTorch's reader for plain weights calls no code of a file. But it goes through all that a file holds, and a
file of a kilobyte can hold a tuple of a tuple twice, and so on: that one has no hash in a lifetime.
"""

import io
import pickletools
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import torch

MOST_OPERATIONS = 1_000_000
"""Operations of a pickle; PyTorch writes some twenty for a tensor."""

MOST_REFERENCES = 8
"""References back to what is neither text nor a function: PyTorch needs none, and each can double a value."""

_LEGACY_PICKLES = 5
"""Pickles at the beginning of a file that PyTorch before 1.6 wrote."""

_WITHOUT_PARTS = frozenset({"BINUNICODE", "SHORT_BINSTRING", "GLOBAL"})
"""Operations that make text and functions."""


def load_plain(packed: bytes) -> Any:
    """Load what PyTorch saved, plain values and tensors, onto the CPU; no code in it runs.

    Raises:
        ValueError: Something in it is compressed, which PyTorch never does: it may unpack without end. Or it
            has too many operations, or refers back to what it holds.
        Exception: Of any other kind, where it is damaged.
    """
    for pickled in _pickles(packed):
        _check_pickle(pickled)
    return torch.load(io.BytesIO(packed), map_location="cpu", weights_only=True)


def _pickles(packed: bytes) -> Iterator[BinaryIO]:
    """Everything in a file that the reader may take for a pickle, each to be read to its end."""
    file = io.BytesIO(packed)
    if not zipfile.is_zipfile(file):
        file.seek(0)
        for _ in range(_LEGACY_PICKLES):
            yield file
        return
    with zipfile.ZipFile(file) as archive:
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
            raise ValueError("it is compressed")
        for entry in archive.infolist():
            if entry.filename.endswith("data.pkl"):
                yield io.BytesIO(archive.read(entry))


def _check_pickle(pickled: BinaryIO) -> None:
    """Count the operations of a pickle, and those that refer back to what holds other things."""
    made_by: dict[Any, str] = {}
    references, top = 0, ""
    for count, (operation, argument, _) in enumerate(pickletools.genops(pickled)):
        if count >= MOST_OPERATIONS:
            raise ValueError(f"it has more than {MOST_OPERATIONS:,} operations")
        match operation.name:
            case "BINPUT" | "LONG_BINPUT":
                made_by[argument] = top
            case "BINGET" | "LONG_BINGET":
                top = made_by.get(argument, "")
                references += top not in _WITHOUT_PARTS
                if references > MOST_REFERENCES:
                    raise ValueError(f"it refers more than {MOST_REFERENCES} times to what it holds")
            case "PROTO":
                pass
            case name:
                top = name
