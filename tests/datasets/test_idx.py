"""IDX files are read exactly, and every kind of damage is told by its name."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from helpers.idx_files import idx_bytes, write_idx
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fpga_ee.datasets import idx
from fpga_ee.datasets.idx import read_idx
from fpga_ee.errors import FpgaEeError

any_array = arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=6))
IMAGES = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)


@given(array=any_array, suffix=st.sampled_from(["", ".gz"]))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, suffix: str
) -> None:
    path = write_idx(tmp_path_factory.mktemp("idx") / f"images{suffix}", array)
    read = read_idx(path, array.ndim)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read, array)


@given(data=st.data())
def test_every_truncation_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = idx_bytes(IMAGES)
    path = tmp_path_factory.mktemp("idx") / "images"
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(FpgaEeError, match=r"images is (truncated|not an IDX file)"):
        read_idx(path, 3)


@given(data=st.data())
def test_every_truncation_of_a_gzip_file_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = write_idx(tmp_path_factory.mktemp("idx") / "images.gz", IMAGES)
    content = path.read_bytes()
    path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(FpgaEeError, match=r"images\.gz"):
        read_idx(path, 3)


def test_a_truncated_file_is_told_with_both_sizes(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(IMAGES)[:-1])
    with pytest.raises(
        FpgaEeError, match="truncated: its header announces 3 x 2 x 2 values, 28 bytes in all, but it has 27"
    ):
        read_idx(path, 3)


def test_a_file_with_more_than_announced_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(idx_bytes(IMAGES) + b"\0")
    with pytest.raises(FpgaEeError, match="too long"):
        read_idx(path, 3)


def test_labels_in_place_of_images_are_told_by_the_magic_number(tmp_path: Path) -> None:
    path = write_idx(tmp_path / "labels", np.zeros(3, np.uint8))
    with pytest.raises(FpgaEeError, match="starts with 0x00000801 instead of 0x00000803"):
        read_idx(path, 3)


def test_another_element_type_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "floats"
    path.write_bytes(b"\0\0\x0d\x01" + b"\0\0\0\x01" + b"\0\0\0\0")
    with pytest.raises(FpgaEeError, match="not an IDX file of unsigned bytes"):
        read_idx(path, 1)


def test_a_plain_file_named_gz_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.gz"
    path.write_bytes(idx_bytes(IMAGES))
    with pytest.raises(FpgaEeError, match="not a complete gzip file"):
        read_idx(path, 3)


def test_a_flipped_bit_in_a_gzip_file_is_noticed(tmp_path: Path) -> None:
    path = write_idx(tmp_path / "images.gz", IMAGES)
    content = bytearray(path.read_bytes())
    content[-6] ^= 1  # in the checksum
    path.write_bytes(content)
    with pytest.raises(FpgaEeError, match="not a complete gzip file"):
        read_idx(path, 3)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"cannot read .*nowhere: No such file"):
        read_idx(tmp_path / "nowhere", 3)


def test_what_unpacks_to_more_than_any_data_set_has_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idx, "MOST_BYTES", 1 << 16)
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(bytes(1 << 17)))
    with pytest.raises(FpgaEeError, match=r"labels\.gz unpacks to more than 65,536 bytes"):
        read_idx(path, rank=1)


def test_a_pipe_is_refused_before_it_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "labels")
    with pytest.raises(FpgaEeError, match="labels: it is a pipe or a device, not a file"):
        read_idx(tmp_path / "labels", rank=1)
