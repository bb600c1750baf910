"""A data set is found by its name, and its files in their own folder or in one beside others'."""

from pathlib import Path

import pytest
from helpers.cifar_files import write_cifar
from helpers.idx_files import write_mnist

from fpga_ee.datasets.known_data_sets import DATA_SETS, find_data_set
from fpga_ee.errors import FpgaEeError
from fpga_ee.networks.catalogue import NETWORKS, make_network


@pytest.mark.parametrize("name", DATA_SETS)
def test_every_data_set_is_found_by_its_name(name: str) -> None:
    assert find_data_set(name).name == name


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_one_that_there_is(name: str) -> None:
    assert make_network(name).data_set in DATA_SETS


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(
        FpgaEeError,
        match=r"no data set CIFAR-10; there are mnist, fashion-mnist, cifar10, svhn; did you mean cifar10\?",
    ):
        find_data_set("CIFAR-10")


def test_data_sets_may_lie_side_by_side_in_one_folder(tmp_path: Path) -> None:
    for name in ("mnist", "cifar-10-batches-bin"):
        (tmp_path / name).mkdir()
    write_mnist(tmp_path / "mnist", train=1, test=3)
    write_cifar(tmp_path / "cifar-10-batches-bin", test=4)
    assert len(find_data_set("mnist").load("test", tmp_path)) == 3
    assert len(find_data_set("mnist").load("test", tmp_path / "mnist")) == 3
    assert len(find_data_set("cifar10").load("test", tmp_path)) == 4
