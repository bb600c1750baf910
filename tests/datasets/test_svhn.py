"""SVHN's MATLAB files: rows, columns, colours, images; a 0 is labelled 10."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.draws import draws
from helpers.matlab_files import (
    BYTE_CLASS,
    DOUBLE_CLASS,
    HEADER,
    STORED_DOUBLES,
    compressed,
    element,
    svhn_labels,
    svhn_pixels,
    variable,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from fpga_ee.datasets import svhn
from fpga_ee.datasets.download import PublishedFile
from fpga_ee.datasets.svhn import load_svhn
from fpga_ee.errors import FpgaEeError


def write(path: Path, count: int, **changes: Any) -> Path:
    savemat(path, {"X": svhn_pixels(count), "y": svhn_labels(count)} | changes, do_compression=True)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "train_32x32.mat", 30)
    write(tmp_path / "test_32x32.mat", 12)
    return tmp_path


def test_images_and_labels_are_those_of_the_file(folder: Path) -> None:
    test = load_svhn("test", folder)
    assert test.name == "SVHN test"
    assert test.images.shape == (12, 3, 32, 32)
    np.testing.assert_array_equal(test.images, np.moveaxis(svhn_pixels(12), (3, 2), (0, 1)))
    assert test.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]
    assert not test.mirrored


def test_the_last_tenth_of_the_training_file_validates(folder: Path) -> None:
    train, validation = load_svhn("train", folder), load_svhn("validation", folder)
    whole = np.moveaxis(svhn_pixels(30), (3, 2), (0, 1))
    np.testing.assert_array_equal(train.images, whole[:27])
    np.testing.assert_array_equal(validation.images, whole[27:])


def test_without_a_folder_the_file_is_downloaded_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "test_32x32.mat"
    content = (folder / name).read_bytes()
    published = PublishedFile(hashlib.sha256(content).hexdigest(), len(content))
    monkeypatch.setattr(svhn, "FILES", {name: published})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert len(load_svhn("test", mirrors=[f"{folder.as_uri()}/"])) == 12
    assert len(load_svhn("test", mirrors=[])) == 12


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"has no train_32x32\.mat"):
        load_svhn("validation", tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": np.zeros((32, 32, 3, 4), np.float64)}, r"X is double \[32, 32, 3, 4\] instead of uint8"),
        ({"X": np.zeros((28, 28, 1, 4), np.uint8)}, r"X is uint8 \[28, 28, 1, 4\] instead of"),
        ({"X": {"nested": 1}}, "that is no array of numbers"),
        ({"X": "text"}, "that is no array of numbers"),
        ({"y": np.ones((5, 1), np.uint8)}, r"y is uint8 \[5, 1\] instead of uint8 \[4, 1\]"),
        ({"y": np.full((4, 1), 0.5)}, r"y is double"),
        ({"y": np.full((4, 1), 11, np.uint8)}, "holds labels from 11 to 11, but SVHN's are 1 to 10"),
        ({"y": np.zeros((4, 1), np.uint8)}, "holds labels from 0 to 0"),
    ],
)
def test_another_content_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    write(tmp_path / "test_32x32.mat", 4, **changes)
    with pytest.raises(FpgaEeError, match=rf"test_32x32\.mat .*{message}"):
        load_svhn("test", tmp_path)


IMAGES = variable("X", svhn_pixels(4))
LABELS = variable("y", np.ones((4, 1), np.uint8))
OTHER_IMAGES = variable("X", np.zeros((32, 32, 3, 4)), DOUBLE_CLASS, STORED_DOUBLES)
IMAGES_IN_DOUBLE = variable("X", np.full((32, 32, 3, 4), 3e5), BYTE_CLASS, STORED_DOUBLES)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ([OTHER_IMAGES, LABELS, IMAGES], "it holds two variables of the same name"),
        ([IMAGES, LABELS, LABELS], "it holds two variables of the same name"),
        ([IMAGES_IN_DOUBLE, LABELS], r"X is float64 \[32, 32, 3, 4\] instead of uint8"),
    ],
)
def test_images_are_those_that_the_file_announces(
    tmp_path: Path, variables: list[bytes], message: str
) -> None:
    path = tmp_path / "test_32x32.mat"
    path.write_bytes(HEADER + IMAGES + LABELS)
    assert len(load_svhn("test", tmp_path)) == 4
    path.write_bytes(HEADER + b"".join(variables))
    with pytest.raises(FpgaEeError, match=message):
        load_svhn("test", tmp_path)


def test_a_compressed_variable_is_unpacked_once(tmp_path: Path) -> None:
    path = tmp_path / "test_32x32.mat"
    path.write_bytes(HEADER + compressed(IMAGES) + LABELS)
    np.testing.assert_array_equal(
        load_svhn("test", tmp_path).images, np.moveaxis(svhn_pixels(4), (3, 2), (0, 1))
    )
    path.write_bytes(HEADER + compressed(compressed(IMAGES)) + LABELS)
    with pytest.raises(FpgaEeError, match="it holds something else than whole variables"):
        load_svhn("test", tmp_path)


def test_a_variable_that_unpacks_to_more_than_the_images_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    black = variable("X", np.zeros((32, 32, 3, 4), np.uint8))
    (tmp_path / "test_32x32.mat").write_bytes(HEADER + compressed(black) + compressed(LABELS))
    monkeypatch.setattr(svhn, "_MOST_BYTES", len(black) + len(LABELS))
    assert len(load_svhn("test", tmp_path)) == 4
    monkeypatch.setattr(svhn, "_MOST_BYTES", len(black) + len(LABELS) - 1)
    with pytest.raises(FpgaEeError, match="it unpacks to more than"):
        load_svhn("test", tmp_path)


def test_a_file_of_variables_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_32x32.mat").write_bytes(HEADER + IMAGES + LABELS + element(14, b"") * 63)
    with pytest.raises(FpgaEeError, match="it holds more than 64 variables"):
        load_svhn("test", tmp_path)


def test_a_file_without_images_is_told_what_it_holds(tmp_path: Path) -> None:
    savemat(tmp_path / "test_32x32.mat", {"Z": np.zeros(2)})
    with pytest.raises(FpgaEeError, match="it holds Z instead of X and y"):
        load_svhn("test", tmp_path)


@pytest.mark.parametrize("missing", [1, 4, 5])
def test_a_file_without_its_end_is_refused(tmp_path: Path, missing: int) -> None:
    """Even if only the checksum of the last variable is missing."""
    path = tmp_path / "test_32x32.mat"
    path.write_bytes((HEADER + compressed(IMAGES) + compressed(LABELS))[:-missing])
    with pytest.raises(FpgaEeError, match="it is truncated"):
        load_svhn("test", tmp_path)


@pytest.mark.parametrize("stored", [0, 8, 10, 11, 14, 255])
def test_numbers_of_a_kind_that_there_is_not_are_refused(tmp_path: Path, stored: int) -> None:
    """SciPy, which is compiled, would end the process."""
    images = variable("X", svhn_pixels(10), stored=stored)
    (tmp_path / "test_32x32.mat").write_bytes(HEADER + images + LABELS)
    with pytest.raises(FpgaEeError, match="it holds a variable that is no array of numbers"):
        load_svhn("test", tmp_path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_32x32.mat").touch()
    with pytest.raises(FpgaEeError, match=r"test_32x32\.mat is not a file of SVHN's cropped digits"):
        load_svhn("test", tmp_path)


@settings(max_examples=draws(60))
@given(data=st.data())
def test_a_damaged_file_is_refused_or_still_images(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = write(tmp_path_factory.mktemp("svhn") / "test_32x32.mat", 3)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])
    try:
        found = load_svhn("test", path.parent)
    except FpgaEeError as error:
        assert "test_32x32.mat" in str(error)  # noqa: PT017 - not every damage shows
    else:
        assert found.images.shape == (3, 3, 32, 32)
