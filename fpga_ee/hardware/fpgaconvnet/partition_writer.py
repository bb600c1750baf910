"""Writes partition files that fpgaConvNet can load: one partition per stage.

For fpgaConvNet a stage is a chain: its backbone part, then its exit. The next partition shows that the
feature map also goes on to the next stage: its ``input_node`` is the layer that gives the feature map. Split,
decision, buffer and merge have no layer type there. Requantisation is part of the accumulators there, and
words have no sign and no binary point. ``estimate.json`` holds all of these.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from fpga_ee.files.writing import replacing
from fpga_ee.hardware.fpgaconvnet.layers import kind_of
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.search.estimated_design import EstimatedDesign


def write_partitions(path: Path, implementation: EstimatedDesign) -> None:
    """Write one partition per stage, with a width converter between layers of different streams.

    Raises:
        FpgaEeError: fpgaconvnet-model is missing, or the file cannot be written.
    """
    found = modules()
    message = found.proto.partitions()
    source = "image"
    for index, stage in enumerate(implementation.graph.stages):
        partition = message.partition.add()
        partition.id, partition.ports, partition.batch_size = index, 1, 1
        partition.input_node = source
        partition.output_node = f"logits_{index}"
        partition.weights_reloading_factor, partition.weights_reloading_layer = 1, "None"
        backbone, exit_ = (_known(implementation, of.layers) for of in (stage.backbone, stage.exit))
        _add_chain(partition, backbone + exit_)
        source = backbone[-1].name
    with replacing(path) as temporary:
        text = found.json_format.MessageToJson(message, preserving_proto_field_name=True)
        temporary.write_text(json.dumps(json.loads(text), indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Entry:
    """A layer of a partition, or a width converter between two.

    Attributes:
        name: Its name.
        type: Its type in partition files.
        hardware: The wheel's object for it.
        has_weights: True where its record names files of weights.
    """

    name: str
    type: str
    hardware: Any
    has_weights: bool


def _known(implementation: EstimatedDesign, layers: Sequence[Layer]) -> list[_Entry]:
    """List the layers that fpgaConvNet has."""
    found = []
    for layer in layers:
        form = kind_of(layer).record
        if form is not None:
            hardware = form.hardware(layer, implementation.foldings[layer.name])
            found.append(_Entry(layer.name, form.type, hardware, form.has_weights))
    return found


def _add_chain(partition: Any, layers: Sequence[_Entry]) -> None:
    """Add layers and the squeezes between them. Each names its neighbours."""
    types = modules().proto.layer.layer_type
    chain = _with_squeezes(layers)
    for index, entry in enumerate(chain):
        layer = partition.layers.add()
        layer.name, layer.type = entry.name, types.Value(entry.type)
        layer.node_in = chain[index - 1].name if index else entry.name
        layer.node_out = chain[index + 1].name if index + 1 < len(chain) else entry.name
        entering, leaving = layer.streams_in.add(), layer.streams_out.add()
        entering.name = f"{layer.node_in}_{entry.name}" if index else "in"
        leaving.name = f"{entry.name}_{layer.node_out}" if index + 1 < len(chain) else "out"
        entering.coarse, leaving.coarse = entry.hardware.streams_in(), entry.hardware.streams_out()
        entry.hardware.layer_info(layer.parameters, batch_size=1)
        if entry.has_weights:
            layer.weights_path, layer.bias_path = f"{entry.name}.weight", f"{entry.name}.bias"


def _with_squeezes(layers: Sequence[_Entry]) -> list[_Entry]:
    """Insert a width converter between layers of different streams."""
    chain = [layers[0]]
    for before, entry in pairwise(layers):
        given, taken = before.hardware.streams_out(), entry.hardware.streams_in()
        if given != taken:
            of = entry.hardware
            shape = of.rows, of.cols, of.channels
            squeeze = modules().linear.SqueezeLayer(*shape, given, taken, of.data_width)
            chain.append(_Entry(f"{before.name}.squeeze", "SQUEEZE", squeeze, has_weights=False))
        chain.append(entry)
    return chain
