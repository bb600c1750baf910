"""MNIST's splits: the first 10,000 training digits are the validation split and come with the package."""

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest
from helpers.idx_files import write_idx, write_mnist

from fpga_ee.datasets import mnist
from fpga_ee.datasets.download import PublishedUnpacked
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.datasets.mnist import EMBEDDED_FOLDER, load_mnist
from fpga_ee.errors import FpgaEeError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mnist(tmp_path_factory.mktemp("mnist"), train=10_025, test=7)


def test_the_embedded_digits_are_the_validation_split(digits: LabelledImages) -> None:
    assert digits.name == "MNIST validation"
    assert digits.images.shape == (10_000, 1, 28, 28)
    assert digits.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # as every MNIST tutorial shows
    assert np.bincount(digits.labels).tolist() == [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]


def test_the_embedded_digits_are_packed_without_a_time() -> None:
    for path in EMBEDDED_FOLDER.glob("*.gz"):
        assert path.read_bytes()[4:8] == b"\0\0\0\0", "bytes 4 to 7 of a gzip file are its time"


def test_training_and_validation_share_no_digit(folder: Path) -> None:
    train, validation = load_mnist("train", folder), load_mnist("validation", folder)
    assert len(validation) == 10_000
    assert len(train) == 25
    assert train.labels.tolist() == [index % 10 for index in range(10_000, 10_025)]


def test_the_published_test_file_is_the_test_split(folder: Path) -> None:
    test = load_mnist("test", folder)
    assert test.name == "MNIST test"
    assert test.labels.tolist() == list(range(7))


def test_a_folder_may_hold_gzipped_files(tmp_path: Path) -> None:
    assert len(load_mnist("test", write_mnist(tmp_path, train=1, test=5, suffix=".gz"))) == 5


def test_without_a_folder_the_files_are_downloaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "server"
    server.mkdir()
    write_mnist(server, train=1, test=5, suffix=".gz")
    inside = {path.stem: gzip.decompress(path.read_bytes()) for path in server.iterdir()}
    published = {
        name: PublishedUnpacked(hashlib.sha256(content).hexdigest(), len(content))
        for name, content in inside.items()
    }
    monkeypatch.setattr(mnist, "FILES", published)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert len(load_mnist("test", mirrors=[f"{server.as_uri()}/"])) == 5
    assert len(load_mnist("test", mirrors=[])) == 5


def test_offline_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(FpgaEeError, match="pass --data FOLDER"):
        load_mnist("train", mirrors=["http://127.0.0.1:9/"])


def test_a_folder_without_the_files_is_told_which_are_missing(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"neither t10k-images-idx3-ubyte nor t10k-images-idx3-ubyte\.gz"):
        load_mnist("test", tmp_path)


def test_unequal_numbers_of_images_and_labels_are_told(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=1, test=5)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.zeros(4, np.uint8))
    with pytest.raises(FpgaEeError, match=r"holds 5 images but .* holds 4 labels"):
        load_mnist("test", tmp_path)


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=1, test=5)
    write_idx(tmp_path / "t10k-images-idx3-ubyte", np.zeros((5, 32, 32), np.uint8))
    with pytest.raises(FpgaEeError, match="32 x 32 pixels"):
        load_mnist("test", tmp_path)


def test_labels_past_nine_are_refused(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=1, test=5)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.full(5, 26, np.uint8))
    with pytest.raises(FpgaEeError, match="holds the label 26"):
        load_mnist("test", tmp_path)


def test_a_training_file_with_nothing_left_to_train_on_is_refused(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=10_000, test=1)
    with pytest.raises(FpgaEeError, match="none is left to train on"):
        load_mnist("train", tmp_path)
