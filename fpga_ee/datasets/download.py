"""Fetching a published file once, into a cache of the user's, with its content proven."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from fpga_ee.errors import FpgaEeError
from fpga_ee.files import replacing

TIMEOUT_SECONDS = 10


def cache_folder(name: str) -> Path:
    """The folder that keeps the downloads of data set ``name`` between runs."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "fpga_ee" / name


def fetch(name: str, sha256: str, *, folder: Path, mirrors: Sequence[str]) -> Path:
    """Give the file ``<name>.gz`` in ``folder``, downloading it where it is not there yet.

    Args:
        name: The file's name without ``.gz``.
        sha256: Hexadecimal SHA-256 of the *unpacked* content: mirrors pack the same data differently.
        folder: Where the file is kept.
        mirrors: Addresses, each ending in a slash, tried in this order.

    Raises:
        FpgaEeError: No mirror gives the file with the right content, or it cannot be written.
    """
    path = folder / f"{name}.gz"
    if path.exists():
        return path
    failures = []
    for mirror in mirrors:
        try:
            packed = _download(f"{mirror}{path.name}", sha256)
        except (OSError, EOFError, HTTPException, zlib.error, ValueError) as error:
            failures.append(f"{mirror}: {error}")
            continue
        with replacing(path) as temporary:
            temporary.write_bytes(packed)
        return path
    raise FpgaEeError(
        f"cannot download {path.name} ({'; '.join(failures)}); "
        "get the data set's files yourself and pass --data FOLDER"
    )


def _download(address: str, sha256: str) -> bytes:
    # The addresses are constants of the loaders, so no user input chooses the scheme.
    with urlopen(address, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
        packed: bytes = response.read()
    found = hashlib.sha256(gzip.decompress(packed)).hexdigest()
    if found != sha256:
        raise ValueError(f"the content's SHA-256 is {found} instead of {sha256}")
    return packed
