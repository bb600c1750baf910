"""Sizes of batches for which a network calls other operators are found without its values."""

from helpers.small_networks import OneExit
from torch import Tensor

from fpga_ee.networks.batch_sizes import SIZES, sizes_apart
from fpga_ee.networks.catalogue import NETWORKS


def test_networks_of_the_catalogue_call_the_same_for_every_size() -> None:
    for make in NETWORKS.values():
        assert sizes_apart(make().eval()) == []


def test_a_size_in_an_argument_is_no_difference() -> None:
    class Reshapes(OneExit):
        def forward(self, images: Tensor) -> list[Tensor]:
            return super().forward(images.reshape(len(images) * 1, -1).reshape(images.shape))

    assert sizes_apart(Reshapes().eval()) == []


def test_more_operators_or_other_arguments_are_differences() -> None:
    class Doubles(OneExit):
        def forward(self, images: Tensor) -> list[Tensor]:
            return super().forward(images + images if len(images) > 300 else images)

    class Scales(OneExit):
        def forward(self, images: Tensor) -> list[Tensor]:
            return super().forward(images * (2 if len(images) == SIZES[0] else 1))

    assert sizes_apart(Doubles().eval()) == [503, 1009, 4099]
    assert sizes_apart(Scales().eval()) == [131]


def test_where_values_are_needed_one_size_stands_for_all() -> None:
    class Looks(OneExit):
        def forward(self, images: Tensor) -> list[Tensor]:
            return super().forward(images if images.sum().item() > 0 else images + 0)

    network = Looks().eval()
    assert sizes_apart(network) == [131]
