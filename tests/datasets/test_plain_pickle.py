"""A pickle gives plain data and arrays of bytes, or is refused; nothing that it names is ever run."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.cifar_files import array_opcodes, python2_pickle
from helpers.draws import draws
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from fpga_ee.datasets import plain_pickle
from fpga_ee.datasets.plain_pickle import read_plain_pickle
from fpga_ee.errors import FpgaEeError


def read(folder: Path, content: bytes) -> Any:
    (folder / "file").write_bytes(content)
    return read_plain_pickle(folder / "file", 1 << 20)


@settings(max_examples=draws(50))
@given(array=arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5)))
@pytest.mark.filterwarnings("ignore:numpy.core")
def test_an_array_is_the_one_that_numpy_would_read(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray
) -> None:
    content = python2_pickle(array_opcodes(array), [3, 4])
    found = read(tmp_path_factory.mktemp("pickle"), content)
    expected = pickle.loads(content, encoding="bytes")  # noqa: S301 - made here
    assert found.keys() == expected.keys() == {b"data", b"labels"}
    np.testing.assert_array_equal(found[b"data"], expected[b"data"])
    assert found[b"data"].shape == array.shape
    assert found[b"labels"] == [3, 4]


@pytest.mark.parametrize("order", ["C", "F"])
def test_both_orders_of_an_arrays_elements_are_read(tmp_path: Path, order: Any) -> None:
    array = np.asarray(np.arange(6, dtype=np.uint8).reshape(2, 3), order=order)
    # Protocol 3 has bytes of its own, so today's numpy names nothing but what stands in the old files.
    np.testing.assert_array_equal(read(tmp_path, pickle.dumps(array, protocol=3)), array)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=5) | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=draws(100))
@given(value=plain, protocol=st.sampled_from([3, 4, 5]))
def test_plain_data_is_read_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, value: Any, protocol: int
) -> None:
    assert repr(read(tmp_path_factory.mktemp("pickle"), pickle.dumps(value, protocol))) == repr(value)


class Calls:
    """Pickled as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_what_a_file_calls_is_never_run(tmp_path: Path, protocol: int) -> None:
    made = tmp_path / "made"
    with pytest.raises(FpgaEeError, match=r"file is refused: .*it names (posix|nt|os)\.mkdir"):
        read(tmp_path, pickle.dumps({"data": Calls(os.mkdir, str(made))}, protocol))
    assert not made.exists()


@pytest.mark.parametrize(
    "value",
    [
        eval,
        np.arange(3),
        np.array([None, {}], dtype=object),
        np.zeros(2, dtype="V4"),
        np.float64(1.0),
        np.array(["text"]),
        {1, 2},
        bytearray(b"x"),
        Path("x"),
        1j,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_but_plain_data_and_arrays_of_bytes_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(FpgaEeError, match="file is refused"):
        read(tmp_path, pickle.dumps({"data": value}, protocol=3))


ARRAY = array_opcodes(np.zeros((2, 3), np.uint8))


@pytest.mark.parametrize(
    "content",
    [
        ARRAY.replace(b"u1", b"O8"),
        ARRAY.replace(b"J\x02\x00\x00\x00", b"J\x03\x00\x00\x00", 1),  # another shape than the bytes have
        ARRAY.replace(b"J\x02\x00\x00\x00", b"J\xfe\xff\xff\xff", 1),
        b"cnumpy.core.multiarray\n_reconstruct\n}X\x01\x00\x00\x00aK\x01sb",  # setting attributes of ours
        b"cnumpy.core.multiarray\n_reconstruct\nN}X\x08\x00\x00\x00__call__K\x01s\x86b",
        b"cnumpy\nndarray\n)\x81",
        b"cnumpy\ndtype\n)\x81",
        b"cnumpy\nndarray\n)R",
        b"cnumpy.core.multiarray\nscalar\n",
        b"cfpga_ee.datasets.plain_pickle\n_Array\n",
        b"cbuiltins\neval\n",
        b"(cos\nsystem\nX\x04\x00\x00\x00trueo",
        b"(X\x04\x00\x00\x00trueios\nsystem\n",
        b"\x82\x01",  # a registered extension
        b"Pid\n",  # a persistent object
        b"r\xff\xff\xff\xff",  # the last of four billion memories, of nothing
        b"\x8e" + (2**62).to_bytes(8, "little"),  # more bytes than there are
        b"",
    ],
)
def test_a_crafted_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(FpgaEeError, match="file is refused"):
        read(tmp_path, b"\x80\x04" + content + b".")


def test_a_few_bytes_cannot_ask_for_much_memory(tmp_path: Path) -> None:
    """``LONG_BINPUT`` 2^32 - 1 takes Python's other reader 64 GB."""
    assert read(tmp_path, b"\x80\x02Nr\xff\xff\xff\xff.") is None


@pytest.mark.parametrize(
    "content", [b"c%b\n.", b"]c%b\na.", b"}K\x01c%b\ns."], ids=["alone", "in a list", "as a value"]
)
@pytest.mark.parametrize(
    "name", [b"numpy.core.multiarray\n_reconstruct", b"numpy\ndtype"], ids=["array", "type"]
)
def test_a_part_of_an_array_is_no_value(tmp_path: Path, content: bytes, name: bytes) -> None:
    with pytest.raises(FpgaEeError, match="part of an array"):
        read(tmp_path, b"\x80\x02" + content % name)


WHOLE = python2_pickle(array_opcodes(np.zeros((1, 4), np.uint8)), [7])


@settings(max_examples=draws(200))
@given(data=st.data())
def test_a_damaged_file_is_refused_or_plain(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(2, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(len(content) // 2, len(content)))]
    try:
        found = read(tmp_path_factory.mktemp("pickle"), bytes(content))
    except FpgaEeError:
        return
    assert type(found) in {dict, list, tuple, int, bytes, str, bool, type(None), np.ndarray, float}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"cannot read .*nowhere: No such file"):
        read_plain_pickle(tmp_path / "nowhere", 1 << 20)


def test_a_file_that_names_a_list_twice_again_and_again_is_refused(tmp_path: Path) -> None:
    """A few hundred bytes that hold more values than memory does."""
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]
    content = pickle.dumps(value)
    assert len(content) < 1000
    with pytest.raises(FpgaEeError, match="more than 1,000,000 values"):
        read(tmp_path, content)


def doubled(value: Any) -> Any:
    """A few hundred bytes in a file, and no end for whoever goes through all of it."""
    for _ in range(60):
        value = (value, value)
    return value


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("entries", [1, 2], ids=["one", "several"])
def test_a_file_whose_names_take_for_ever_to_be_told_apart_is_refused(
    tmp_path: Path, protocol: int, entries: int
) -> None:
    name = pickle.dumps(doubled(()), protocol)[:-1]
    # As a file puts one entry, or several, into a dictionary.
    content = name + (b"Ns" if entries == 1 else b"Nu")
    before = b"}" if entries == 1 else b"}("
    with pytest.raises(FpgaEeError, match="other names than text and numbers"):
        read(tmp_path, before + content + b".")


@pytest.mark.parametrize("content", [b"(%bNd.", b"\x8f(%b\x90.", b"(%b\x91.", b"}\x8b\1\0\0\0\1Ns."])
def test_other_ways_to_names_and_sets_are_refused_too(tmp_path: Path, content: bytes) -> None:
    name = pickle.dumps(doubled(()), 2)[2:-1]
    with pytest.raises(FpgaEeError, match=r"other names than text and numbers|the operation b"):
        read(tmp_path, content.replace(b"%b", name))


def test_an_array_of_numbers_that_take_for_ever_to_be_told_is_refused(tmp_path: Path) -> None:
    code = pickle.dumps(doubled(()), 2)[2:-1]
    with pytest.raises(FpgaEeError, match="an array of other numbers than bytes"):
        read(tmp_path, b"cnumpy\ndtype\n(" + code + b"K\x00K\x01tR.")


def test_an_array_of_very_many_dimensions_is_refused(tmp_path: Path) -> None:
    """The product of so many large sizes takes hours."""
    shape = b"\x8a\xff" + b"\x7f" * 255
    content = ARRAY.replace(b"(J\x02\x00\x00\x00", b"(" + shape * 3000 + b"J\x02\x00\x00\x00", 1)
    with pytest.raises(FpgaEeError, match="an array without a shape"):
        read(tmp_path, content + b".")


@pytest.mark.parametrize("operation", [b"]", b"(", b"N0", b"}"])
def test_a_file_of_more_operations_than_images_need_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: bytes
) -> None:
    """Sixty million empty lists fit into a file, and take gigabytes."""
    monkeypatch.setattr(plain_pickle, "MOST_OPERATIONS", 1000)
    assert read(tmp_path, b"\x80\x02" + b"N0" * 490 + b"K\x05.") == 5
    with pytest.raises(FpgaEeError, match="more than 1,000 operations"):
        read(tmp_path, b"\x80\x02" + operation * 1001 + b".")


def test_the_message_is_short_where_a_name_is_long(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError) as error:
        read(tmp_path, b"c" + b"x" * 100_000 + b"\ny\n.")
    assert len(str(error.value)) < 500


def test_a_file_that_is_larger_than_it_can_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match="more than 1,048,576 are not read here"):
        read(tmp_path, bytes((1 << 20) + 1))
