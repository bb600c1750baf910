"""fpgaConvNet's own loader of partition files, with the parts that it leaves out."""

from pathlib import Path
from typing import Any

from fpga_ee.hardware.fpgaconvnet.shim import modules


def load_network(path: Path) -> Any:
    """Load a partition file into fpgaConvNet.

    The wheel's ``load_network`` forgets widths, bias and groups, and fails on a module that it imports as a
    class; the first is put back from the file, the second mended before.

    Returns:
        The wheel's ``Network``, with one partition per partition of the file.
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
        hardware._pad = sides
        window = hardware.modules["sliding_window"]
        window.pad_top, window.pad_left, window.pad_bottom, window.pad_right = sides
    hardware.data_width = parameters.data_width
    hardware.update()
    if hasattr(hardware, "pool_type"):
        for module in hardware.modules.values():
            module.data_width = parameters.data_width
