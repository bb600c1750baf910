"""Partition files that fpgaConvNet can load again: one partition per stage.

A stage is a chain for fpgaConvNet: its backbone part, then its exit. That the feature map also goes on to
the next stage shows in the next partition, whose ``input_node`` is the layer that gives it; split, decision,
buffer and merge have no layer type there, requantisation is part of its accumulators, and its words have no
sign and no binary point. What it cannot hold stands in our own file.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fpga_ee.files.writing import replacing
from fpga_ee.hardware.fpgaconvnet.layers import build
from fpga_ee.hardware.fpgaconvnet.shim import modules
from fpga_ee.hardware.network.layers.convolution import Convolution
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.network.layers.linear import Linear
from fpga_ee.hardware.network.layers.pooling import Pooling
from fpga_ee.hardware.network.layers.relu import Relu
from fpga_ee.hardware.search.implementation import Implementation, Part

_TYPES = {Convolution: "CONVOLUTION", Linear: "INNER_PRODUCT", Pooling: "POOLING", Relu: "RELU"}


def write_partitions(path: Path, implementation: Implementation) -> None:
    """Write one partition per stage, with a width converter wherever two layers differ in their streams.

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
        backbone, exit_ = (_known(implementation, each.layers) for each in (stage.backbone, stage.exit))
        _add_chain(partition, backbone + exit_)
        source = backbone[-1].name
    with replacing(path) as temporary:
        text = found.json_format.MessageToJson(message, preserving_proto_field_name=True)
        temporary.write_text(json.dumps(json.loads(text), indent=2) + "\n", encoding="utf-8")


def _known(implementation: Implementation, layers: Sequence[Layer]) -> list[Part]:
    """Parts of the layers that fpgaConvNet has."""
    return [implementation.parts[layer.name] for layer in layers if type(layer) in _TYPES]


def load_network(path: Path) -> Any:
    """Load a partition file into fpgaConvNet, with what its own loader leaves out.

    The wheel's ``load_network`` forgets widths, bias and groups, and fails on a module that it imports as a
    class; the first is put back from the file, the second mended before.

    Returns:
        The wheel's ``Network``, with one partition per partition of the file.

    Raises:
        FpgaEeError: fpgaconvnet-model is missing.
    """
    found = modules()
    found.network.ConvolutionLayer = found.layers.ConvolutionLayer
    network = object.__new__(found.network.Network)
    network.partitions, network.batch_size, network.rsc_allocation = [], 1, 1.0
    network.load_network(str(path))
    message = found.json_format.Parse(path.read_text(encoding="utf-8"), found.proto.partitions())
    for loaded, recorded in zip(network.partitions, message.partition, strict=True):
        loaded.batch_size = recorded.batch_size
        for layer in recorded.layers:
            _restore(loaded.graph.nodes[layer.name]["hw"], layer)
    return network


def _restore(hardware: Any, layer: Any) -> None:
    parameters = layer.parameters
    if hasattr(hardware, "has_bias"):
        for name in ("input_width", "output_width", "weight_width", "acc_width", "biases_width", "has_bias"):
            setattr(hardware, name, getattr(parameters, name))
    if hasattr(hardware, "coarse_group"):
        hardware.coarse_group = parameters.coarse_group
    if hasattr(hardware, "kernel_size"):
        # The loader hands the four sides over in another order than the layer takes them.
        sides = [getattr(parameters, f"pad_{side}") for side in ("top", "left", "bottom", "right")]
        hardware._pad = sides  # noqa: SLF001 - its setter fails
        window = hardware.modules["sliding_window"]
        window.pad_top, window.pad_left, window.pad_bottom, window.pad_right = sides
    hardware.data_width = parameters.data_width
    hardware.update()
    if hasattr(hardware, "pool_type"):
        for module in hardware.modules.values():
            module.data_width = parameters.data_width


def _add_chain(partition: Any, parts: list[Part]) -> None:
    """Layers and the squeezes between them, each naming its neighbours."""
    found = modules()
    chain: list[tuple[str, str, Any]] = []
    for before, part in zip([None, *parts[:-1]], parts, strict=True):
        hardware = _hardware(part)
        if before is not None and before.streams_out != part.streams_in:
            squeeze = found.linear.SqueezeLayer(
                hardware.rows,
                hardware.cols,
                hardware.channels,
                before.streams_out,
                part.streams_in,
                hardware.data_width,
            )
            chain.append((f"{before.name}.squeeze", "SQUEEZE", squeeze))
        chain.append((part.name, _TYPES[type(part.layer)], hardware))
    for index, (name, kind, hardware) in enumerate(chain):
        layer = partition.layers.add()
        layer.name, layer.type = name, found.proto.layer.layer_type.Value(kind)
        layer.node_in = chain[index - 1][0] if index else name
        layer.node_out = chain[index + 1][0] if index + 1 < len(chain) else name
        entering, leaving = layer.streams_in.add(), layer.streams_out.add()
        entering.name = f"{layer.node_in}_{name}" if index else "in"
        leaving.name = f"{name}_{layer.node_out}" if index + 1 < len(chain) else "out"
        entering.coarse, leaving.coarse = hardware.streams_in(), hardware.streams_out()
        hardware.layer_info(layer.parameters, batch_size=1)
        if kind in ("CONVOLUTION", "INNER_PRODUCT"):
            layer.weights_path, layer.bias_path = f"{name}.weight", f"{name}.bias"


def _hardware(part: Part) -> Any:
    layer, folding = part.layer, part.folding
    if isinstance(layer, Convolution | Linear | Pooling) and folding is not None:
        hardware = build(layer, folding)
        if not isinstance(layer, Pooling):
            hardware.has_bias = int(layer.bias_format is not None)
        return hardware
    return modules().linear.ReLULayer(
        layer.input.rows,  # type: ignore[union-attr]
        layer.input.cols,  # type: ignore[union-attr]
        layer.input.channels,  # type: ignore[union-attr]
        part.streams_in,
        layer.input.format.bits,  # type: ignore[union-attr]
    )
