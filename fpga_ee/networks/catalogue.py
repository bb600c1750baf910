"""Networks by name: those of this package, and those of users."""

import difflib
import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from fpga_ee.artifacts.identifiers import check_network_name
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.alexnet import B_Alexnet_cifar, C_Alexnet_SVHN
from fpga_ee.networks.b_lenet import B_Lenet, B_Lenet_cifar, B_Lenet_fcn, B_Lenet_se
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.first_run import run_first
from fpga_ee.networks.part_by_part import in_words
from fpga_ee.networks.resnet8 import ResNet8, ResNet8_ee
from fpga_ee.networks.same_function import check_same_function
from fpga_ee.networks.small_cnn import TW_SmallCNN

NETWORKS: dict[str, Callable[[], EarlyExitNetwork]] = {
    "B_Lenet": B_Lenet,
    "B_Lenet_fcn": B_Lenet_fcn,
    "B_Lenet_se": B_Lenet_se,
    "B_Lenet_cifar": B_Lenet_cifar,
    "B_Alexnet_cifar": B_Alexnet_cifar,
    "TW_SmallCNN": TW_SmallCNN,
    "C_Alexnet_SVHN": C_Alexnet_SVHN,
    "ResNet8": ResNet8,
    "ResNet8_ee": ResNet8_ee,
}


def make_network(name: str, seed: int = 0) -> EarlyExitNetwork:
    """Make a network with fresh random weights.

    Args:
        name: A name in ``NETWORKS``, or ``package.module:Class`` for a user's own network. The module is
            searched
            in the current folder and on Python's path.
        seed: Decides the random weights; the caller's random state does not change.

    Raises:
        FpgaEeError: There is no such network, it cannot be made or run, or its ways to run are not one
            function.
    """
    make = _user_class(name) if ":" in name else _known_class(name)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = make()
            _check_layer_names(network, name)
            # Lazy layers draw their weights here.
            run_first(network, name)
    except FpgaEeError:
        raise
    except (Exception, SystemExit) as error:
        raise FpgaEeError(
            f"{name}() fails: {in_words(error)}; a network is made without arguments"
        ) from error
    if torch.get_default_dtype() != torch.float32:
        torch.set_default_dtype(torch.float32)
        raise FpgaEeError(f"{name} changes PyTorch's default dtype: leave it at float32")
    check_same_function(network, name)
    return network


def canonical(source: str) -> str:
    """Give the name of a network in files: its class if it is of this package, else ``source``.

    A user's class cannot have the name of a class of this package; ``make_network`` refuses it.
    """
    class_name = source.rpartition(":")[2]
    return class_name if class_name in NETWORKS else source


def _check_layer_names(network: EarlyExitNetwork, name: str) -> None:
    """Refuse names of layers that PyTorch cannot write into Python code.

    Raises:
        FpgaEeError: A layer has such a name.
    """
    for layer, _ in network.named_modules():
        if re.search(r"[\x00-\x1f\x7f'\"\\]", layer):
            raise FpgaEeError(
                f"{name} has a layer of the name {layer!r:.60}: take names without quotes, backslashes and "
                "control characters"
            )


def _known_class(name: str) -> Callable[[], EarlyExitNetwork]:
    if name in NETWORKS:
        return NETWORKS[name]
    similar = difflib.get_close_matches(name, NETWORKS, n=1)
    hint = f"; did you mean {similar[0]}?" if similar else ""
    raise FpgaEeError(
        f"there is no network {name}; there are {', '.join(NETWORKS)}, "
        f"and package.module:Class names one of your own{hint}"
    )


def _user_class(name: str) -> Callable[[], EarlyExitNetwork]:
    module_name, _, class_name = name.partition(":")
    try:
        check_network_name(class_name)
    except ValueError as error:
        raise FpgaEeError(f"{error}; rename the class") from error
    here = str(Path.cwd())
    # The folder comes first while the network is imported, as for a script in it, and last for later imports,
    # so
    # that no file in it replaces a library.
    sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # importing runs the user's code, which can raise anything
        raise FpgaEeError(
            f"cannot import {module_name!r} for the network {name}: {in_words(error)}"
        ) from error
    finally:
        sys.path.remove(here)
        if here not in sys.path:
            sys.path.append(here)
    found = getattr(module, class_name, None)
    if found is None:
        raise FpgaEeError(f"{module_name} has no class {class_name!r}; check the network's name {name}")
    if not (isinstance(found, type) and issubclass(found, EarlyExitNetwork)):
        raise FpgaEeError(
            f"{name} is not a class derived from fpga_ee.networks.early_exit.EarlyExitNetwork; "
            "inherit from it, and give it the stages and exits, as README shows"
        )
    if found is not NETWORKS.get(class_name, found):
        # Weights and results are named after the class.
        raise FpgaEeError(
            f"{name} has the name of a network of this package, whose files it would overwrite; "
            "rename the class"
        )
    return found
