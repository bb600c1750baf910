"""Data sets by name."""

import difflib

from fpga_ee.datasets.cifar10 import load_cifar10
from fpga_ee.datasets.data_set import DataSet
from fpga_ee.datasets.fashion_mnist import load_fashion_mnist
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.datasets.svhn import load_svhn
from fpga_ee.errors import FpgaEeError

DATA_SETS = {
    data_set.name: data_set
    for data_set in (
        DataSet("mnist", "MNIST", ("mnist", "MNIST"), load_mnist),
        DataSet("fashion-mnist", "Fashion-MNIST", ("fashion-mnist", "FashionMNIST"), load_fashion_mnist),
        DataSet("cifar10", "CIFAR-10", ("cifar-10-batches-bin", "cifar-10-batches-py"), load_cifar10),
        DataSet("svhn", "SVHN", ("svhn", "SVHN"), load_svhn),
    )
}


def find_data_set(name: object) -> DataSet:
    """Find a data set by its name.

    Raises:
        FpgaEeError: There is no data set of the name.
    """
    if not isinstance(name, str):
        raise FpgaEeError(f"a data set has a name, not {name!r:.40}; there are {', '.join(DATA_SETS)}")
    if name in DATA_SETS:
        return DATA_SETS[name]
    similar = difflib.get_close_matches(name.lower(), DATA_SETS, n=1)
    hint = f"; did you mean {similar[0]}?" if similar else ""
    raise FpgaEeError(f"there is no data set {name}; there are {', '.join(DATA_SETS)}{hint}")
