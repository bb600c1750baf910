"""Weights survive a file exactly; a file that is not the network's weights is refused and never run."""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import NETWORKS, make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.training.weights import load_member_weights, load_weights, save_weights, weights_sha256


def equal(first: nn.Module, second: nn.Module) -> bool:
    a, b = first.state_dict(), second.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.fixture
def network() -> EarlyExitNetwork:
    return make_network("B_Lenet_se", seed=1)


@pytest.fixture
def other() -> EarlyExitNetwork:
    return make_network("B_Lenet_se", seed=2)


@pytest.mark.parametrize("name", NETWORKS)
def test_saved_weights_load_exactly(name: str, tmp_path: Path) -> None:
    saved, loaded = make_network(name, seed=1), make_network(name, seed=2)
    save_weights(saved, tmp_path / "weights.safetensors")
    load_weights(loaded, tmp_path / "weights.safetensors")
    assert equal(saved, loaded)


def test_equal_weights_give_equal_bytes(network: EarlyExitNetwork, tmp_path: Path) -> None:
    save_weights(network, tmp_path / "a.safetensors")
    network.to(memory_format=torch.channels_last)  # another order in memory, the same weights
    save_weights(network, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_weights_are_known_by_the_hash_of_their_file(network: EarlyExitNetwork, tmp_path: Path) -> None:
    save_weights(network, tmp_path / "weights.safetensors")
    content = (tmp_path / "weights.safetensors").read_bytes()
    assert weights_sha256(network) == hashlib.sha256(content).hexdigest()


def with_one_exit_for_all() -> EarlyExitNetwork:
    exit_ = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    return EarlyExitNetwork(
        backbone=[nn.Conv2d(1, 1, kernel_size=3, padding=1) for _ in range(2)],
        exits=[exit_, exit_],
        exit_loss_weights=[1.0, 1.0],
        input_shape=(1, 4, 4),
    )


def test_a_module_that_exits_share_is_saved_under_each_of_its_names(tmp_path: Path) -> None:
    saved, loaded = with_one_exit_for_all(), with_one_exit_for_all()
    save_weights(saved, tmp_path / "weights.safetensors")
    load_weights(loaded, tmp_path / "weights.safetensors")
    assert equal(saved, loaded)


@pytest.mark.parametrize("suffix", [".pth", ".pt"])
def test_a_plain_pytorch_state_dict_loads(
    network: EarlyExitNetwork, other: EarlyExitNetwork, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"weights{suffix}"
    torch.save(network.state_dict(), path)
    load_weights(other, path)
    assert equal(network, other)


def test_a_missing_file_is_named(network: EarlyExitNetwork, tmp_path: Path) -> None:
    with pytest.raises(FpgaEeError, match=r"there is no weights file .*nowhere\.pth"):
        load_weights(network, tmp_path / "nowhere.pth")


def test_a_folder_from_others_holds_weights_and_no_link_to_them(
    network: EarlyExitNetwork, other: EarlyExitNetwork, tmp_path: Path
) -> None:
    save_weights(network, tmp_path / "weights.safetensors")
    load_member_weights(other, tmp_path, "weights.safetensors")
    assert equal(network, other)
    (tmp_path / "link.safetensors").symlink_to("weights.safetensors")
    load_weights(other, tmp_path / "link.safetensors")
    with pytest.raises(FpgaEeError, match=r"link\.safetensors is a link: put the file itself there"):
        load_member_weights(other, tmp_path, "link.safetensors")


def test_another_kind_of_file_is_refused(network: EarlyExitNetwork, tmp_path: Path) -> None:
    (tmp_path / "weights.onnx").write_bytes(b"")
    with pytest.raises(FpgaEeError, match=r"\.safetensors, \.pth, \.pt"):
        load_weights(network, tmp_path / "weights.onnx")


class RunsCode:
    """Acts like a malicious pickle: it calls a function when it is loaded."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> Any:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("content", ["alone", "among weights"])
def test_code_in_a_pickle_is_refused_and_never_runs(
    network: EarlyExitNetwork, tmp_path: Path, content: str
) -> None:
    trap = RunsCode(tmp_path / "ran")
    path = tmp_path / "weights.pth"
    torch.save(trap if content == "alone" else {**network.state_dict(), "trap": trap}, path)

    with pytest.raises(FpgaEeError, match="is refused: it is damaged, or holds Python objects"):
        load_weights(network, path)

    assert not (tmp_path / "ran").exists()
    torch.load(path, weights_only=False)
    assert (tmp_path / "ran").exists(), "the trap must work, or this test proves nothing"


def test_a_pickled_network_is_refused(network: EarlyExitNetwork, tmp_path: Path) -> None:
    torch.save(network, tmp_path / "weights.pth")
    with pytest.raises(
        FpgaEeError, match=r"save plain weights with torch\.save\(network\.state_dict\(\), path\)"
    ):
        load_weights(network, tmp_path / "weights.pth")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.zeros(1)], "holds a list instead of a state dict"),
        (torch.zeros(1), "holds a Tensor instead of a state dict"),
        ({"epoch": 3, "state_dict": {}}, "holds a dictionary of epoch, state_dict instead of a state dict"),
        ({1: torch.zeros(1)}, "holds a dictionary of 1 instead"),
    ],
)
def test_what_is_no_state_dict_is_refused(
    network: EarlyExitNetwork, tmp_path: Path, content: Any, message: str
) -> None:
    torch.save(content, tmp_path / "weights.pth")
    with pytest.raises(FpgaEeError, match=message):
        load_weights(network, tmp_path / "weights.pth")


def test_another_networks_weights_are_refused_by_the_names_that_differ(
    network: EarlyExitNetwork, tmp_path: Path
) -> None:
    save_weights(make_network("B_Lenet_fcn"), tmp_path / "weights.safetensors")
    with pytest.raises(
        FpgaEeError,
        match=(
            r"weights of a B_Lenet_se: unknown backbone\.1\.3\.(bias|weight), backbone\.1\.3\.(bias|weight); "
            r"different exits\.1\.0\.weight \(float32 \[10, 84\] instead of float32 \[10, 720\]\)"
        ),
    ):
        load_weights(network, tmp_path / "weights.safetensors")


def test_of_many_missing_names_the_first_few_are_listed(network: EarlyExitNetwork, tmp_path: Path) -> None:
    torch.save(OrderedDict(), tmp_path / "weights.pth")
    with pytest.raises(
        FpgaEeError,
        match=r"missing backbone\.0\.layer\.0\.weight, .*, backbone\.1\.0\.layer\.0\.weight and 9 more",
    ):
        load_weights(network, tmp_path / "weights.pth")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_values_that_are_no_numbers_are_refused(
    network: EarlyExitNetwork, other: EarlyExitNetwork, tmp_path: Path, value: float
) -> None:
    with torch.no_grad():
        network.exits[0][2].bias[4] = value
    save_weights(network, tmp_path / "weights.safetensors")
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}

    with pytest.raises(
        FpgaEeError, match=r"weights\.safetensors: exits\.0\.2\.bias holds NaN or infinite values"
    ):
        load_weights(other, tmp_path / "weights.safetensors")

    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_truncated_file_is_refused(
    network: EarlyExitNetwork, tmp_path: Path, suffix: str, share: float
) -> None:
    path = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save(network.state_dict(), path)
    else:
        save_weights(network, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FpgaEeError, match=f"weights{suffix} is "):
        load_weights(network, path)
