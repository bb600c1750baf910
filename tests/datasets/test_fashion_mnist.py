"""Fashion-MNIST has MNIST's files and splits, but none of it is embedded, and clothes may be mirrored."""

import hashlib
from pathlib import Path

import pytest
from helpers.idx_files import write_mnist

from fpga_ee.datasets import fashion_mnist
from fpga_ee.datasets.download import PublishedFile
from fpga_ee.datasets.fashion_mnist import load_fashion_mnist
from fpga_ee.errors import FpgaEeError


def test_the_splits_are_cut_as_mnists_are(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=10_025, test=7, suffix=".gz")
    train, validation, test = (
        load_fashion_mnist(split, tmp_path) for split in ("train", "validation", "test")
    )
    assert (len(train), len(validation), len(test)) == (25, 10_000, 7)
    assert train.labels.tolist() == [index % 10 for index in range(10_000, 10_025)]
    assert [each.name for each in (train, test)] == ["Fashion-MNIST train", "Fashion-MNIST test"]
    assert train.mirrored


def test_without_a_folder_the_files_are_downloaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "server"
    server.mkdir()
    write_mnist(server, train=1, test=5, suffix=".gz")
    contents = {path.stem: path.read_bytes() for path in server.iterdir()}
    published = {
        name: PublishedFile(hashlib.sha256(content).hexdigest(), len(content))
        for name, content in contents.items()
    }
    monkeypatch.setattr(fashion_mnist, "FILES", published)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert len(load_fashion_mnist("test", mirrors=[f"{server.as_uri()}/"])) == 5
    assert len(load_fashion_mnist("test", mirrors=[])) == 5


def test_another_content_is_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "server"
    server.mkdir()
    write_mnist(server, train=1, test=5, suffix=".gz")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(
        FpgaEeError, match=r"the content's SHA-256 is .* instead of 346e55b948d973a97e58d2351dde16a4"
    ):
        load_fashion_mnist("test", mirrors=[f"{server.as_uri()}/"])
    assert not (tmp_path / "cache").exists()
