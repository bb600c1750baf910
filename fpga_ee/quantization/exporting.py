"""Makes a graph of operators of one part of a network, and checks that the graph equals the part.

Tracing runs a part once, on an example, and records the operators that run. A part may act differently the
next time, if its Python looks at values, counts its calls or is changed by hooks. So each graph is compared
with its part in float64 before it is used.
"""

import contextlib
import io

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.fx import GraphModule

from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.part_by_part import in_words
from fpga_ee.networks.same_function import far_apart, probe_images
from fpga_ee.quantization.authored import AuthoredLayer, LayerRefusedError


def check_traceable(network: EarlyExitNetwork) -> None:
    """Check that every part of a network in evaluation mode becomes a graph that computes the same.

    Raises:
        LayerRefusedError: A part cannot be traced, or its graph computes something else.
    """
    images = probe_images(network.input_shape)
    entering = torch.zeros(2, *network.input_shape), images
    for index, (backbone, exit_) in enumerate(network.stages()):
        _, entering = graph_of(f"backbone.{index}", backbone, entering)
        graph_of(f"exits.{index}", exit_, entering)


def graph_of(
    name: str, module: nn.Module, entering: tuple[Tensor, Tensor]
) -> tuple[GraphModule, tuple[Tensor, Tensor]]:
    """Trace a part, and compare the graph with it.

    Args:
        name: ``backbone.0``, ``exits.1``, ...
        module: The part, in evaluation mode.
        entering: The example that it is traced with, float32 [2, ...], and the values that it is compared on,
            float64 [N, ...].

    Returns:
        The graph, for any batch size, and the outputs of the part for both inputs.

    Raises:
        LayerRefusedError: The part cannot be traced, or the graph computes something else.
    """
    example, exact = entering
    graph = operators_of(name, module, example)
    with torch.no_grad():
        given = module(example)
        try:
            expected = _in_float64(module, exact)
            if expected.dtype != exact.dtype:
                raise TypeError(f"it gives {expected.dtype} of {exact.dtype}")  # noqa: TRY301 - told below
            apart = far_apart(_in_float64(graph, exact), expected)
        except Exception as error:  # the part is the user's code, and can raise anything
            raise LayerRefusedError(
                AuthoredLayer(name, type(module).__name__),
                f"it cannot be run in float64, where it is compared with its graph: {in_words(error)}; make "
                "tensors with dtype=x.dtype, and keep those of the network in parameters or buffers",
            ) from error
    if apart is not None:
        raise LayerRefusedError(
            AuthoredLayer(name, type(module).__name__),
            f"its graph of operators computes something else: values differ by {apart:.2g} of the largest; a "
            "part must be a fixed sequence of tensor operators, without hooks, and without Python that looks "
            "at values or remembers",
        )
    return graph, (given, expected)


def _in_float64(module: nn.Module, entering: Tensor) -> Tensor:
    """Run a module with float64 values in place of its parameters and buffers, which are not changed."""
    values: dict[str, Tensor] = {}
    # Values are named by their owner, which occurs once. For a layer that is used twice, functional_call
    # would
    # exchange the values twice, and restore those of the first exchange.
    for place, owner in module.named_modules():
        own = (*owner.named_parameters(recurse=False), *owner.named_buffers(recurse=False))
        for name, value in own:
            values[f"{place}.{name}".removeprefix(".")] = (
                value.double() if value.is_floating_point() else value.clone()
            )
    given: Tensor = functional_call(module, values, (entering,), tie_weights=False)
    return given


def operators_of(name: str, module: nn.Module, example: Tensor) -> GraphModule:
    """List the operators of a module as a graph for any batch size.

    Raises:
        LayerRefusedError: The module cannot be traced.
    """
    try:
        # The exporter prints the operators that it had traced before it failed.
        with contextlib.redirect_stderr(io.StringIO()):
            program = torch.export.export(
                module, (example.detach().clone(),), dynamic_shapes=({0: torch.export.Dim("batch")},)
            )
    except Exception as error:  # the exporter raises dozens of types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise LayerRefusedError(
            AuthoredLayer(name, type(module).__name__),
            f"it cannot be traced: {reason}; a part must be a fixed sequence of tensor operators that takes "
            "any batch size",
        ) from error
    graph = program.module(check_guards=False)
    if not isinstance(graph, GraphModule):  # pragma: no cover - a torch that traces to something else
        raise TypeError(type(graph))
    return graph
