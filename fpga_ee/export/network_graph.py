"""Exports a network as one ONNX graph whose tensors have readable names."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

import onnx_ir as ir
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from torch import Tensor, nn

from fpga_ee.artifacts.names import BATCH, IMAGE, feature_map, logits
from fpga_ee.errors import FpgaEeError
from fpga_ee.export.ceil_mode import replace_ceil_mode
from fpga_ee.export.naming import name_tensors
from fpga_ee.export.simplification import simplify
from fpga_ee.networks.early_exit import EarlyExitNetwork

OPSET = 21
IR_VERSION = 10


class _EveryTensor(nn.Module):
    """Gives feature map and logits of every stage, so that each becomes a named tensor of the graph."""

    def __init__(self, network: EarlyExitNetwork) -> None:
        super().__init__()
        self.backbone = network.backbone
        self.exits = network.exits

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        tensors = []
        feature_map = images
        for backbone, exit_ in zip(self.backbone, self.exits, strict=True):
            feature_map = backbone(feature_map)
            tensors += [feature_map, exit_(feature_map)]
        return tuple(tensors)


def network_graph(network: EarlyExitNetwork) -> ir.Model:
    """Export all stages and exits as one graph.

    Args:
        network: Float or fixed-point network, in evaluation mode.

    Returns:
        ``image`` [batch, *input_shape] to ``feature_map_<i>`` and ``logits_<i>`` of every stage i.

    Raises:
        FpgaEeError: A part of the network has no ONNX form.
    """
    stages = range(len(network.exits))
    example = torch.zeros(2, *network.input_shape)
    try:
        with _quiet():
            program = torch.export.export(
                _EveryTensor(network), (example,), dynamic_shapes=({0: torch.export.Dim(BATCH)},)
            )
            exported = torch.onnx.export(
                program,
                dynamo=True,
                opset_version=OPSET,
                input_names=[IMAGE],
                output_names=[name for stage in stages for name in (feature_map(stage), logits(stage))],
                verbose=False,
                optimize=False,
            )
            assert exported is not None  # noqa: S101 - None only from the exporter of old
            simplify(exported.model)
    except Exception as error:  # the exporter raises dozens of types
        raise FpgaEeError(f"the network cannot be exported to ONNX: {error}") from error
    model = exported.model
    for stage, output in zip(stages, model.graph.outputs[::2], strict=True):
        producer = output.producer()
        # Readers of such a feature map read the one before instead, so no file could be cut between them.
        if producer is None or producer.op_type == "Identity":
            raise FpgaEeError(
                f"stage {stage} computes nothing: its feature map is its input; leave it out, or move a "
                "layer of its exit into it"
            )
    model.ir_version = IR_VERSION
    # The exporter records the source file of each node on this machine.
    ClearMetadataAndDocStringPass()(model)
    results = (output for node in model.graph for output in node.outputs)
    for value in (*model.graph.inputs, *model.graph.initializers.values(), *results):
        value.metadata_props.clear()
    replace_ceil_mode(model.graph)
    name_tensors(model.graph, parameters=set(network.state_dict()))
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hide the exporter's remarks on its own internals; its errors still arrive."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
