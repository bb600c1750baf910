"""Weights that are no plain numbers, or are packed as PyTorch packs none, are refused in one message."""

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.weights import load_weights

FIRST = "backbone.0.0.weight"


@pytest.fixture
def network() -> EarlyExitNetwork:
    return make_network("helpers.small_networks:Digits")


def with_first(network: nn.Module, tensor: Tensor) -> dict[str, Tensor]:
    return {**network.state_dict(), FIRST: tensor}


def refused(network: nn.Module, path: Path, message: str) -> None:
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    with pytest.raises(FpgaEeError, match=message) as error:
        load_weights(network, path)
    assert "\n" not in str(error.value)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensor: tensor.to_sparse(), f"{FIRST} is a sparse tensor, not plain numbers"),
        (lambda tensor: tensor.flatten(1).to_sparse_csr(), f"{FIRST} is a sparse tensor"),
        (lambda tensor: tensor.to("meta"), f"{FIRST} is a tensor without values"),
        (
            lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8),
            f"{FIRST} is a quantized tensor",
        ),
        (lambda tensor: torch.nested.nested_tensor([tensor[0], tensor[1]]), f"{FIRST} is a nested tensor"),
        (lambda tensor: tensor.to(torch.complex64), f"different {FIRST} .complex64"),
        (lambda _: torch.zeros(1).expand(10**15), f"different {FIRST} .float32 .1000000000000000."),
        (lambda tensor: tensor[:, :, ::2], f"different {FIRST}"),
        (lambda tensor: tensor.half(), f"different {FIRST} .float16"),
    ],
)
def test_a_tensor_that_is_no_plain_numbers(
    network: EarlyExitNetwork, tmp_path: Path, change: Any, message: str
) -> None:
    path = tmp_path / "odd.pth"
    torch.save(with_first(network, change(network.state_dict()[FIRST])), path)
    refused(network, path, message)


@pytest.mark.parametrize("stored", [torch.zeros(1, 1, 1, 1).expand(4, 1, 5, 5), torch.zeros(8, 1, 5, 5)[::2]])
def test_numbers_are_read_however_they_lie_in_memory(
    network: EarlyExitNetwork, tmp_path: Path, stored: Tensor
) -> None:
    torch.save(with_first(network, stored), tmp_path / "weights.pth")
    load_weights(network, tmp_path / "weights.pth")
    assert not network.state_dict()[FIRST].any()


def test_what_holds_weights_and_more_is_named(network: EarlyExitNetwork, tmp_path: Path) -> None:
    """As Lightning writes them, and as many programs nest them."""
    state = network.state_dict()
    for content, message in (
        (
            {"epoch": 1, "state_dict": state, "pytorch-lightning_version": "2"},
            "dictionary of epoch, state_dict",
        ),
        ({"state_dict": state}, "holds a dictionary of state_dict instead of a state dict"),
        ([state], "holds a list instead of a state dict"),
        ({1: state[FIRST]}, "holds a dictionary of 1"),
    ):
        torch.save(content, tmp_path / "nested.pth")
        refused(network, tmp_path / "nested.pth", message)


def test_a_state_dict_with_a_hook_is_never_run(network: EarlyExitNetwork, tmp_path: Path) -> None:
    state = network.state_dict()
    state._metadata = {"hook": print}
    torch.save(state, tmp_path / "hook.pth")
    refused(network, tmp_path / "hook.pth", "could run code")


def test_an_archive_that_unpacks_to_more_than_it_is(network: EarlyExitNetwork, tmp_path: Path) -> None:
    stored, packed = io.BytesIO(), tmp_path / "packed.pth"
    torch.save(network.state_dict(), stored)
    with zipfile.ZipFile(stored) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in source.infolist():
            archive.writestr(entry.filename, source.read(entry))
    refused(network, packed, "it is damaged")


def entry(dtype: str = "F32", shape: tuple[int, ...] = (1,), end: int = 4) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


@pytest.mark.parametrize(
    "header",
    [
        entry(dtype="F99"),
        entry(dtype="F4", shape=(8,)),
        entry(dtype="F8_E8M0", shape=(4,)),
        entry(end=8),
        entry(shape=(-1,)),
        entry(shape=(2**62, 2**62)),
        entry() | {"b": entry()["a"]},
        [],
        "",
    ],
)
def test_a_header_that_does_not_tell_what_is_there(
    network: EarlyExitNetwork, tmp_path: Path, header: object
) -> None:
    text, path = json.dumps(header).encode(), tmp_path / "odd.safetensors"
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
    refused(network, path, "is not a complete safetensors file")


@pytest.mark.parametrize("content", [b"", struct.pack("<Q", 2**63) + b"{}", b"\x02" + bytes(7) + b"{"])
def test_a_header_that_is_none(network: EarlyExitNetwork, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.safetensors"
    path.write_bytes(content)
    refused(network, path, "is not a complete safetensors file")
