"""CIFAR-10 in both published layouts, whole or in part; the last tenth of every training file validates."""

import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers.cifar_files import (
    array_opcodes,
    python2_pickle,
    random_pixels,
    write_binary,
    write_cifar,
    write_python,
)

from fpga_ee.datasets import cifar10
from fpga_ee.datasets.cifar10 import load_cifar10
from fpga_ee.datasets.cifar_files import read_python
from fpga_ee.datasets.download import PublishedFile
from fpga_ee.errors import FpgaEeError

Write = Callable[[Path, np.ndarray, list[int]], Path]
LAYOUTS = pytest.mark.parametrize(("write", "suffix"), [(write_binary, ".bin"), (write_python, "")])


@LAYOUTS
def test_images_and_labels_are_those_of_the_file(tmp_path: Path, write: Write, suffix: str) -> None:
    pixels, labels = random_pixels(12), [9, 0, 3, 3, 1, 2, 4, 5, 6, 7, 8, 9]
    write(tmp_path / f"test_batch{suffix}", pixels, labels)
    test = load_cifar10("test", tmp_path)
    np.testing.assert_array_equal(test.images, pixels)
    assert test.labels.tolist() == labels
    assert test.mirrored


@LAYOUTS
def test_the_last_tenth_of_every_training_file_validates(tmp_path: Path, write: Write, suffix: str) -> None:
    first, third = random_pixels(20, seed=1), random_pixels(90, seed=3)
    write(tmp_path / f"data_batch_1{suffix}", first, [1] * 20)
    write(tmp_path / f"data_batch_3{suffix}", third, [3] * 90)
    train, validation = load_cifar10("train", tmp_path), load_cifar10("validation", tmp_path)
    np.testing.assert_array_equal(train.images, np.concatenate([first[:18], third[:81]]))
    np.testing.assert_array_equal(validation.images, np.concatenate([first[18:], third[81:]]))
    assert validation.labels.tolist() == [1] * 2 + [3] * 9


def test_the_split_of_an_image_does_not_depend_on_the_other_files(tmp_path: Path) -> None:
    alone = load_cifar10("validation", write_cifar(tmp_path, files=1)).images
    together = load_cifar10("validation", write_cifar(tmp_path, files=5)).images
    np.testing.assert_array_equal(together[: len(alone)], alone)


def test_a_part_of_the_data_set_is_called_a_part(tmp_path: Path) -> None:
    write_cifar(tmp_path, train=20, test=10, files=2)
    assert load_cifar10("train", tmp_path).name == "CIFAR-10 train (36 of 45,000 images)"
    assert load_cifar10("validation", tmp_path).name == "CIFAR-10 validation (4 of 5,000 images)"
    assert load_cifar10("test", tmp_path).name == "CIFAR-10 test (10 of 10,000 images)"


def test_the_whole_of_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "test_batch.bin").write_bytes(bytes(10_000 * 3073))
    assert load_cifar10("test", tmp_path).name == "CIFAR-10 test"


def test_without_a_folder_the_archive_is_downloaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, server = tmp_path / "files", tmp_path / "server"
    files.mkdir()
    server.mkdir()
    write_cifar(files, files=5)
    with tarfile.open(server / cifar10.ARCHIVE, "w:gz") as archive:
        archive.add(files, arcname=cifar10.ARCHIVE_FOLDER)
    content = (server / cifar10.ARCHIVE).read_bytes()
    published = PublishedFile(hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setattr(cifar10, "PUBLISHED_ARCHIVE", published)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    assert len(load_cifar10("train", mirrors=[f"{server.as_uri()}/"])) == 90
    assert len(load_cifar10("test", mirrors=[])) == 10
    assert {path.name for path in (tmp_path / "cache/fpga_ee/cifar10").iterdir()} == {
        path.name for path in files.iterdir()
    }


def test_an_archive_that_lacks_a_file_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = tmp_path / "server"
    server.mkdir()
    with tarfile.open(server / cifar10.ARCHIVE, "w:gz") as archive:
        member = tarfile.TarInfo(f"{cifar10.ARCHIVE_FOLDER}/data_batch_1.bin")
        member.size = 3073
        archive.addfile(member, io.BytesIO(bytes(3073)))
    content = (server / cifar10.ARCHIVE).read_bytes()
    published = PublishedFile(hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setattr(cifar10, "PUBLISHED_ARCHIVE", published)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(FpgaEeError, match="not the archive that was published"):
        load_cifar10("train", mirrors=[f"{server.as_uri()}/"])
    assert not list((tmp_path / "cache/fpga_ee/cifar10").iterdir())


def test_a_folder_without_any_of_the_files_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"none of the files data_batch_1, .*data_batch_5, with or without"):
        load_cifar10("train", tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 bytes, which is no multiple of 3073"),
        (bytes(3072), "has 3072 bytes, which is no multiple of 3073"),
        (bytes(3073 * 10_001), "holds 10,001 images, but a file of CIFAR-10 holds 10,000"),
        (bytes([10]) + bytes(3072), "holds the label 10, but those of CIFAR-10 are 0 to 9"),
    ],
    ids=["empty", "truncated", "too many", "label"],
)
def test_a_file_that_is_not_of_the_binary_layout_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "test_batch.bin").write_bytes(content)
    with pytest.raises(FpgaEeError, match=rf"test_batch\.bin {message}"):
        load_cifar10("test", tmp_path)


IMAGES = np.zeros((2, 3072), np.uint8)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (python2_pickle(array_opcodes(IMAGES), [1]), "holds 2 images but 1 labels"),
        (python2_pickle(array_opcodes(IMAGES), [1, 10]), "holds the label 10"),
        (python2_pickle(array_opcodes(IMAGES), [1, -1]), "holds labels outside 0 to 9"),
        (python2_pickle(array_opcodes(IMAGES), [1, 2**30]), "holds labels outside 0 to 9"),
        (python2_pickle(array_opcodes(IMAGES[:, 1:]), [1, 1]), "holds no array of 3072 bytes an image"),
        (python2_pickle(b"K\x00", [1, 1]), "holds no array of 3072 bytes an image"),
        (b"\x80\x02].", "holds no array of 3072 bytes an image"),
        (b"\x80\x02}.", "holds no array of 3072 bytes an image"),
    ],
)
def test_a_file_that_is_not_of_the_layout_for_python_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "test_batch").write_bytes(content)
    with pytest.raises(FpgaEeError, match=f"test_batch {message}"):
        read_python(tmp_path / "test_batch")


def test_a_training_file_too_small_to_be_cut_is_refused(tmp_path: Path) -> None:
    write_cifar(tmp_path, train=9)
    with pytest.raises(FpgaEeError, match=r"data_batch_1\.bin holds 9 images, which are too few"):
        load_cifar10("train", tmp_path)
