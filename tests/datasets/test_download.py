"""A file is downloaded once, from the first mirror that gives the right content."""

import gzip
import hashlib
from pathlib import Path
from types import ModuleType

import pytest

from fpga_ee.datasets import cifar10, fashion_mnist, mnist, svhn
from fpga_ee.datasets.download import PublishedFile, PublishedUnpacked, fetch
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.caching import cache_folder

CONTENT = b"what was published"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PROOF = PublishedUnpacked(SHA256, len(CONTENT))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def mirror(folder: Path, packed: bytes) -> str:
    folder.mkdir()
    (folder / "file.gz").write_bytes(packed)
    return f"{folder.as_uri()}/"


def test_a_file_is_fetched_into_the_cache(tmp_path: Path, cache: Path) -> None:
    path = fetch("file.gz", PROOF, folder=cache, mirrors=[mirror(tmp_path / "a", gzip.compress(CONTENT))])
    assert path == cache / "file.gz"
    assert gzip.decompress(path.read_bytes()) == CONTENT


def test_a_cached_file_is_not_fetched_again(tmp_path: Path, cache: Path) -> None:
    fetch("file.gz", PROOF, folder=cache, mirrors=[mirror(tmp_path / "a", gzip.compress(CONTENT))])
    assert fetch("file.gz", PROOF, folder=cache, mirrors=[]) == cache / "file.gz"


def test_the_content_counts_and_not_how_it_is_packed(tmp_path: Path, cache: Path) -> None:
    packed = gzip.compress(CONTENT, compresslevel=1, mtime=12345)
    assert fetch("file.gz", PROOF, folder=cache, mirrors=[mirror(tmp_path / "a", packed)]).exists()


def test_a_file_that_is_not_packed_is_proven_by_its_bytes(tmp_path: Path, cache: Path) -> None:
    proof = PublishedFile(SHA256, len(CONTENT))
    assert (
        fetch("file.gz", proof, folder=cache, mirrors=[mirror(tmp_path / "a", CONTENT)]).read_bytes()
        == CONTENT
    )
    with pytest.raises(FpgaEeError, match="the content's SHA-256 is"):
        fetch("file.gz", proof, folder=tmp_path / "b", mirrors=[mirror(tmp_path / "c", CONTENT[::-1])])


def test_no_more_is_downloaded_than_the_published_file_has(tmp_path: Path, cache: Path) -> None:
    """A server that never ends takes no more memory than a right one."""
    proof = PublishedFile(SHA256, len(CONTENT))
    with pytest.raises(FpgaEeError, match="has more than 18 bytes, which the published file has at most"):
        fetch("file.gz", proof, folder=cache, mirrors=[mirror(tmp_path / "a", CONTENT * 1000)])


def test_what_unpacks_without_end_is_given_up(tmp_path: Path, cache: Path) -> None:
    bomb = gzip.compress(bytes(1 << 20))
    proof = PublishedUnpacked(SHA256, 1 << 10)
    assert len(bomb) < proof.most
    with pytest.raises(FpgaEeError, match="the file unpacks to more than 1,024 bytes"):
        fetch("file.gz", proof, folder=cache, mirrors=[mirror(tmp_path / "a", bomb)])


@pytest.mark.parametrize(
    "damaged",
    [gzip.compress(b"something else"), gzip.compress(CONTENT)[:-3], b"<html>"],
    ids=["other content", "truncated", "no gzip file"],
)
def test_the_next_mirror_helps_where_one_is_missing_or_wrong(
    tmp_path: Path, cache: Path, damaged: bytes
) -> None:
    mirrors = [
        f"{(tmp_path / 'nowhere').as_uri()}/",
        mirror(tmp_path / "a", damaged),
        mirror(tmp_path / "b", gzip.compress(CONTENT)),
    ]
    path = fetch("file.gz", PROOF, folder=cache, mirrors=mirrors)
    assert gzip.decompress(path.read_bytes()) == CONTENT


def test_offline_the_error_says_what_to_do(cache: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"cannot download file\.gz .*pass --data FOLDER"):
        fetch("file.gz", PROOF, folder=cache, mirrors=["http://127.0.0.1:9/"])
    assert not cache.exists()


def test_wrong_content_is_never_kept(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(FpgaEeError, match=f"instead of {SHA256}"):
        fetch(
            "file.gz", PROOF, folder=cache, mirrors=[mirror(tmp_path / "a", gzip.compress(b"something else"))]
        )
    assert not cache.exists()


def test_the_cache_follows_the_desktop_convention(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("mnist") == tmp_path / "fpga_ee" / "mnist"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder("mnist") == tmp_path / ".cache" / "fpga_ee" / "mnist"


@pytest.mark.parametrize("loader", [mnist, fashion_mnist, cifar10, svhn])
def test_data_sets_come_over_https(loader: ModuleType) -> None:
    assert all(mirror.startswith("https://") for mirror in loader.MIRRORS)
