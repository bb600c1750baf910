"""Files of PyTorch are loaded as plain tensors, and none of them takes for ever."""

import io
import pickle
import zipfile
from typing import Any

import pytest
import torch

from fpga_ee.training import plain_tensors
from fpga_ee.training.plain_tensors import load_plain


def saved(content: Any, **how: bool) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **how)
    return file.getvalue()


def with_pickle(pickled: bytes) -> bytes:
    """Write a file as PyTorch does, with another pickle in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved({}))) as given, zipfile.ZipFile(file, "w") as archive:
        for entry in given.infolist():
            own = entry.filename.endswith("data.pkl")
            archive.writestr(entry.filename, pickled if own else given.read(entry))
    return file.getvalue()


@pytest.mark.parametrize("zipped", [True, False], ids=["as today", "before 1.6"])
def test_plain_values_and_tensors_are_loaded(zipped: bool) -> None:
    shared = torch.arange(3)
    content = {"a": shared, "b": shared, "names": ["a", "b"], "betas": (0.9, 0.999), "more": {"x": None}}
    found = load_plain(saved(content, _use_new_zipfile_serialization=zipped))
    assert torch.equal(found["a"], shared)
    assert torch.equal(found["b"], shared)
    assert {name: found[name] for name in ("names", "betas", "more")} == {
        "names": ["a", "b"], "betas": (0.9, 0.999), "more": {"x": None},
    }  # fmt: skip


def doubled(value: Any, pair: type) -> Any:
    for _ in range(60):
        value = pair((value, value))
    return value


@pytest.mark.parametrize("zipped", [True, False], ids=["as today", "before 1.6"])
@pytest.mark.parametrize("pair", [list, tuple])
def test_a_file_that_holds_one_thing_twice_again_and_again_is_refused(zipped: bool, pair: type) -> None:
    """A list like that has no text in a lifetime, and a tuple no hash."""
    packed = saved({"w": doubled(pair(), pair)}, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match="it refers more than 8 times to its own containers"):
        load_plain(packed)


@pytest.mark.parametrize("before", [b"", b"\x80\x02"], ids=["at once", "behind a version"])
def test_a_name_that_takes_for_ever_to_be_told_from_others_is_refused(before: bytes) -> None:
    """Before a tuple is remembered, the version may be told once more."""
    name = pickle.dumps(doubled((), tuple), 2)[2:-1].replace(b"q", before + b"q")
    with pytest.raises(ValueError, match="it refers more than 8 times"):
        load_plain(with_pickle(b"\x80\x02}" + name + b"K\x01s."))


def test_a_file_of_more_operations_than_tensors_need_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_tensors, "MOST_OPERATIONS", 100)
    assert load_plain(saved({"w": torch.zeros(2)})).keys() == {"w"}
    with pytest.raises(ValueError, match="it has more than 100 operations"):
        load_plain(with_pickle(b"\x80\x02" + b"]" * 100 + b"."))
