"""Loads files that PyTorch saved, without running code in them, and always in finite time.

PyTorch's reader for plain weights calls no code of a file. But it goes through all objects of a file. A file
of a kilobyte can hold a tuple that contains a tuple twice, and so on; its hash would take more than a
lifetime.
"""

import io
import pickletools
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import torch

MOST_OPERATIONS = 1_000_000
"""Most operations of a pickle; PyTorch writes some twenty for a tensor."""

MOST_REFERENCES = 8
"""Most references back to containers. PyTorch needs none, and each can double a value."""

_LEGACY_PICKLES = 5
"""Number of pickles at the beginning of a file of PyTorch before 1.6."""

_WITHOUT_PARTS = frozenset({"BINUNICODE", "SHORT_BINSTRING", "GLOBAL"})
"""Operations that make text and functions, which contain nothing."""


def load_plain(packed: bytes) -> Any:
    """Load plain values and tensors that PyTorch saved, onto the CPU. No code in the file runs.

    Raises:
        ValueError: A part is compressed, which PyTorch never does, and which may unpack without end. Or the
            file has too many operations, or refers back to containers.
        Exception: Any other kind, for a damaged file.
    """
    for pickled in _pickles(packed):
        _check_pickle(pickled)
    return torch.load(io.BytesIO(packed), map_location="cpu", weights_only=True)


def _pickles(packed: bytes) -> Iterator[BinaryIO]:
    """Find all parts of a file that the reader may take for pickles; each must be read to its end."""
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
    """Count the operations of a pickle, and those that refer back to containers."""
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
                    raise ValueError(f"it refers more than {MOST_REFERENCES} times to its own containers")
            case "PROTO":
                pass
            case name:
                top = name
