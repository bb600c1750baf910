"""Fetching published files once, into a cache of the user's, with their content proven."""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import replacing, replacing_together

TIMEOUT_SECONDS = 10

Proof = Callable[[bytes], None]
"""Takes a downloaded file, and raises ValueError where it is not the published one."""


def published(algorithm: str, digest: str) -> Proof:
    """Prove a file by its digest.

    Args:
        algorithm: ``sha256``, or ``md5`` where the publisher gives no other.
        digest: In hexadecimal.
    """

    def check(content: bytes) -> None:
        found = hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()
        if found != digest:
            raise ValueError(f"the content's {algorithm} is {found} instead of {digest}")

    return check


def published_unpacked(algorithm: str, digest: str) -> Proof:
    """Prove a gzip file by the digest of what is in it: mirrors pack the same data differently."""
    check = published(algorithm, digest)
    return lambda packed: check(gzip.decompress(packed))


def cache_folder(name: str) -> Path:
    """The folder that keeps the downloads of data set ``name`` between runs."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "fpga_ee" / name


def fetch(name: str, proof: Proof, *, folder: Path, mirrors: Sequence[str]) -> Path:
    """Give the file ``name`` in ``folder``, downloading it where it is not there yet.

    Args:
        name: The file's name.
        proof: That a file is the published one.
        folder: Where the file is kept.
        mirrors: Addresses, each ending in a slash, tried in this order.

    Raises:
        FpgaEeError: No mirror gives the file with the right content, or it cannot be written.
    """
    path = folder / name
    if not path.exists():
        content = _download(name, proof, mirrors)
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    return path


def fetch_archive(
    name: str, proof: Proof, members: Sequence[str], *, folder: Path, mirrors: Sequence[str]
) -> None:
    """Have the members of a gzipped tar archive in ``folder``, downloading it where one is not there yet.

    Args:
        name: The archive's name.
        proof: That an archive is the published one.
        members: Names of the members in it, with their folders, which are not kept.
        folder: Where the members are kept.
        mirrors: As for :func:`fetch`.

    Raises:
        FpgaEeError: As for :func:`fetch`, or a member is not in it.
    """
    files = {Path(member).name: member for member in members}
    if all((folder / file).exists() for file in files):
        return
    content = _download(name, proof, mirrors)
    try:
        with (
            replacing_together(folder, last=Path(members[-1]).name) as temporary,
            tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive,
        ):
            for file, member in files.items():
                # Only what is inside is read, under a name of ours: nothing is unpacked to where it says.
                reader = archive.extractfile(member)
                if reader is None:
                    raise FpgaEeError(f"{member} in {name} is not a file")
                (temporary / file).write_bytes(reader.read())
    except (tarfile.TarError, KeyError, EOFError, zlib.error) as error:
        raise FpgaEeError(f"{name} is not the archive that was published: {error}") from error


def _download(name: str, proof: Proof, mirrors: Sequence[str]) -> bytes:
    failures = []
    for mirror in mirrors:
        try:
            # The addresses are constants of the loaders, so no user input chooses the scheme.
            with urlopen(f"{mirror}{name}", timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                content: bytes = response.read()
            proof(content)
        except (OSError, EOFError, HTTPException, zlib.error, ValueError) as error:
            failures.append(f"{mirror}: {error}")
        else:
            return content
    raise FpgaEeError(
        f"cannot download {name} ({'; '.join(failures)}); get the data set's files yourself and pass "
        "--data FOLDER"
    )
