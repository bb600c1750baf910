"""Downloads published files once, into the user's cache, and checks their content."""

import hashlib
import io
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.request import urlopen

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import unpacked
from fpga_ee.files.writing import replacing, replacing_together

TIMEOUT_SECONDS = 10


class Proof(Protocol):
    """The facts about a published file that are known before its download."""

    @property
    def most(self) -> int:
        """Most bytes that are downloaded."""

    def check(self, content: bytes) -> None:
        """Check a downloaded file.

        Raises:
            ValueError: It is not the published file.
        """


@dataclass(frozen=True)
class PublishedFile:
    """A file that is published in one form.

    Attributes:
        sha256: SHA-256 of the file, in hexadecimal.
        size: Number of its bytes.
    """

    sha256: str
    size: int

    @property
    def most(self) -> int:
        """The size of the file."""
        return self.size

    def check(self, content: bytes) -> None:
        """Compare the SHA-256 of the file."""
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise ValueError(f"the content's SHA-256 is {found} instead of {self.sha256}")


@dataclass(frozen=True)
class PublishedUnpacked:
    """A file that each mirror packs with gzip in its own way.

    Attributes:
        sha256: SHA-256 of the unpacked file, in hexadecimal.
        size: Number of bytes of the unpacked file.
    """

    sha256: str
    size: int

    @property
    def most(self) -> int:
        """Most bytes of the packed file; data that gzip cannot shrink grows by five bytes every 16 KiB."""
        return self.size + self.size // 1000 + 1000

    def check(self, content: bytes) -> None:
        """Compare the SHA-256 of the unpacked file."""
        inside = unpacked(Path("the file"), content, self.size)
        PublishedFile(self.sha256, self.size).check(inside)


def fetch(name: str, proof: Proof, *, folder: Path, mirrors: Sequence[str]) -> Path:
    """Give the file ``name`` in ``folder``; download it if it is missing.

    Args:
        name: The file's name.
        proof: Checks that a file is the published one.
        folder: The folder for the file.
        mirrors: Addresses, each ending in a slash, in the order in which they are tried.

    Raises:
        FpgaEeError: No mirror gives the file with the right content, or the file cannot be written.
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
    """Extract members of a gzipped tar archive into ``folder``; download it if one is missing.

    Args:
        name: The archive's name.
        proof: Checks that an archive is the published one.
        members: Names of the members in it, with their folders, which are dropped.
        folder: The folder for the members.
        mirrors: As for :func:`fetch`.

    Raises:
        FpgaEeError: As for :func:`fetch`, or a member is missing in the archive.
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
                # Only the content is read, and its file gets a name of ours, so the archive cannot choose a
                # path. The
                # sizes are known, because the archive has been proven to be the published one.
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
            content = _received(f"{mirror}{name}", proof)
        except (OSError, HTTPException, ValueError, FpgaEeError) as error:
            failures.append(f"{mirror}: {error}")
        else:
            return content
    raise FpgaEeError(
        f"cannot download {name} ({'; '.join(failures)}); get the data set's files yourself and pass "
        "--data FOLDER"
    )


def _received(address: str, proof: Proof) -> bytes:
    # The addresses are constants of the loaders, so no user input chooses the scheme.
    with urlopen(address, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
        content: bytes = response.read(proof.most + 1)
    if len(content) > proof.most:
        raise ValueError(f"it has more than {proof.most:,} bytes, which the published file has at most")
    proof.check(content)
    return content
