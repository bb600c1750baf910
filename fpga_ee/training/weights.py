"""Weights of a network as a file: written as safetensors, read from safetensors and PyTorch files."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from fpga_ee.errors import FpgaEeError
from fpga_ee.files.reading import read_bytes, read_member
from fpga_ee.files.writing import replacing
from fpga_ee.training.plain_tensors import load_plain

PYTORCH_SUFFIXES = (".pth", ".pt")


def save_weights(network: nn.Module, path: Path) -> None:
    """Write all parameters and buffers as safetensors. Equal weights give equal bytes.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    content = _content(network)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def weights_sha256(network: nn.Module) -> str:
    """Compute the SHA-256, in hexadecimal, of the file that ``save_weights`` would write."""
    return hashlib.sha256(_content(network)).hexdigest()


def load_weights(network: nn.Module, path: Path) -> None:
    """Read weights into the network, all or nothing.

    Args:
        network: The network that takes the weights; it must have exactly the same names and shapes.
        path: A ``.safetensors`` file, or a ``.pth`` or ``.pt`` file that holds a plain PyTorch state
            dict. Code in a file is never run.

    Raises:
        FpgaEeError: The file is missing, damaged or no state dict, belongs to another network, or holds
            NaN or infinite values.
    """
    _take(network, path, _read(path))


def load_member_weights(network: nn.Module, folder: Path, name: str) -> None:
    """Read weights as :func:`load_weights` does, from safetensors in a folder that others may have made.

    Raises:
        FpgaEeError: The file is a link; or as for :func:`load_weights`.
    """
    path = folder / name
    _check_there(path)
    _take(network, path, _of_safetensors(path, read_member(folder, name)))


def _take(network: nn.Module, path: Path, state: Mapping[str, Tensor]) -> None:
    _check_fits(state, network, path)
    for name, tensor in state.items():
        if not bool(torch.isfinite(tensor).all()):
            raise FpgaEeError(
                f"{path}: {name} holds NaN or infinite values; the training that made it diverged"
            )
    network.load_state_dict(state)


def _content(network: nn.Module) -> bytes:
    # Copies, because safetensors refuses a tensor that two names share.
    tensors = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in network.state_dict().items()
    }
    content: bytes = safetensors.torch.save(tensors)
    return content


def _check_there(path: Path) -> None:
    if path.is_dir():
        raise FpgaEeError(f"{path} is a folder; name the file of weights in it")
    if not path.is_file():
        raise FpgaEeError(f"there is no weights file {path}; check the path")


def _read(path: Path) -> Mapping[str, Tensor]:
    _check_there(path)
    if path.suffix == ".safetensors":
        return _of_safetensors(path, read_bytes(path))
    if path.suffix in PYTORCH_SUFFIXES:
        return _read_pytorch(path)
    raise FpgaEeError(f"{path} has none of the names of weights: .safetensors, {', '.join(PYTORCH_SUFFIXES)}")


def _of_safetensors(path: Path, content: bytes) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(content)
    except Exception as error:  # tensor types that torch lacks end in other errors than SafetensorError
        raise FpgaEeError(f"{path} is not a complete safetensors file ({error}); get it again") from error


def _read_pytorch(path: Path) -> Mapping[str, Tensor]:
    packed = read_bytes(path)
    try:
        content = load_plain(packed)
    except Exception as error:  # a damaged pickle can end in any exception
        raise FpgaEeError(
            f"{path} is refused: it is damaged, or holds Python objects, which could run code; "
            "save plain weights with torch.save(network.state_dict(), path)"
        ) from error
    if not _is_state_dict(content):
        raise FpgaEeError(
            f"{path} holds {_in_words(content)} instead of a state dict; "
            "save one with torch.save(network.state_dict(), path)"
        )
    for name, tensor in content.items():
        if oddity := _oddity(tensor):
            raise FpgaEeError(f"{path}: {name} is {oddity}, not plain numbers; save it as a dense CPU tensor")
    return content  # type: ignore[no-any-return]


def is_sound(tensor: object, own: Tensor) -> bool:
    """Tell whether something is a tensor of finite numbers in memory, with the shape and dtype of another."""
    return (
        isinstance(tensor, Tensor)
        and _oddity(tensor) is None
        and _kind(tensor) == _kind(own)
        and bool(torch.isfinite(tensor).all())
    )


def are_sound(state: Mapping[str, object], own: Mapping[str, Tensor]) -> bool:
    """Tell whether a state dict has the names of another, with a sound tensor for each (:func:`is_sound`)."""
    return state.keys() == own.keys() and all(is_sound(state[name], own[name]) for name in own)


def _oddity(tensor: Tensor) -> str | None:
    """Name the reason why a tensor is no plain numbers in memory; None for a plain tensor."""
    if tensor.is_nested:
        return "a nested tensor"
    if tensor.layout is not torch.strided:
        return "a sparse tensor"
    if tensor.device.type != "cpu":
        return f"a tensor without values ({tensor.device.type})"
    return "a quantized tensor" if tensor.is_quantized else None


def _is_state_dict(content: Any) -> bool:
    return isinstance(content, Mapping) and all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in content.items()
    )


def _in_words(content: Any) -> str:
    if isinstance(content, Mapping):
        return f"a dictionary of {_first(str(key) for key in content)}"
    return f"a {type(content).__name__}"


def _check_fits(state: Mapping[str, Tensor], network: nn.Module, path: Path) -> None:
    own = network.state_dict()
    missing = [name for name in own if name not in state]
    unexpected = [name for name in state if name not in own]
    different = [
        f"{name} ({_kind(state[name])} instead of {_kind(own[name])})"
        for name in own
        if name in state and _kind(state[name]) != _kind(own[name])
    ]
    problems = [
        f"{problem} {_first(names)}"
        for problem, names in (("missing", missing), ("unknown", unexpected), ("different", different))
        if names
    ]
    if problems:
        raise FpgaEeError(
            f"{path} does not hold the weights of a {type(network).__name__}: {'; '.join(problems)}"
        )


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def _first(names: Iterable[str], count: int = 3) -> str:
    """Write the first few names, and the number of the others."""
    listed = list(names)
    more = f" and {len(listed) - count} more" if len(listed) > count else ""
    return ", ".join(listed[:count]) + more
