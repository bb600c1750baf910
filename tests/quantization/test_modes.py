"""A traced graph trains as its author's module does, and evaluates as it did before."""

import torch
from torch import nn
from torch.fx import GraphModule
from torch.nn import functional

from fpga_ee.quantization.exporting import operators_of
from fpga_ee.quantization.modes import switchable

VALUES = torch.arange(1, 1001.0).reshape(2, 500)


def dropping() -> GraphModule:
    """Two dropouts, neither of them PyTorch's usual one half."""
    module = nn.Sequential(nn.Dropout(0.125), nn.Dropout(0.25)).eval()
    return switchable(operators_of("backbone.0", module, VALUES))


def test_in_training_each_dropout_drops_as_often_as_its_author_says() -> None:
    graph = dropping().train()
    torch.manual_seed(1)
    found = graph(VALUES)
    torch.manual_seed(1)
    expected = functional.dropout(functional.dropout(VALUES, 0.125), 0.25)
    assert torch.equal(found, expected)
    assert 0 in found


def test_in_evaluation_nothing_is_dropped() -> None:
    graph = dropping()
    assert torch.equal(graph.eval()(VALUES), VALUES)
    assert torch.equal(graph.train().eval()(VALUES), VALUES)
    assert torch.equal(graph.train(mode=False)(VALUES), VALUES)


def test_modules_inside_a_graph_know_its_mode() -> None:
    graph = dropping()
    graph.add_submodule("inside", nn.Identity())
    for mode in (True, False, True):
        assert graph.train(mode) is graph
        assert [module.training for module in graph.modules()] == [mode, mode]
