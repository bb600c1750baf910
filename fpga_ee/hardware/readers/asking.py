"""Asks of every operator of an export whether the hardware has it; reading a network ends with the first.

The reader of chains reads each operator alone, with the feature map that its file says enters it. So an
addition that no chain can hold does not hide the operators behind it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import onnx

from fpga_ee.artifacts.manifest import Manifest, load_manifest
from fpga_ee.artifacts.names import feature_map, logits, stage_input
from fpga_ee.artifacts.onnx_files import named, read_exported
from fpga_ee.errors import FpgaEeError, NamedError
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.layer import Layer
from fpga_ee.hardware.readers.chain import read_chain, stand_in
from fpga_ee.hardware.readers.exported import image_of, manifest_formats
from fpga_ee.hardware.readers.joining import feature_maps_read, is_inner_sum
from fpga_ee.hardware.readers.stage_layers import read_join
from fpga_ee.hardware.readers.view import View, data_inputs, plain_name


@dataclass(frozen=True)
class Asked:
    """One operator of an exported file, and the answer of the hardware.

    Attributes:
        part: The part of the network that the file holds: ``backbone.0``, ``exits.1``.
        operator: Name of the operator in ONNX.
        layers: The hardware layers that it becomes or changes; none where it only moves words, or is refused.
        refusal: The reason why hardware does not have it, with a remedy; None where hardware has it.
    """

    part: str
    operator: str
    layers: tuple[Layer, ...]
    refusal: str | None


def ask_each(folder: Path) -> list[Asked]:
    """Ask about every operator of all backbone parts and exits, file by file, in their order.

    Args:
        folder: The folder that ``fpga-ee export`` wrote.

    Raises:
        FpgaEeError: The manifest or a file cannot be read.
    """
    manifest = load_manifest(folder)
    found: list[Asked] = []
    entering = image_of(manifest)
    for index, stage in enumerate(manifest.stages):
        tensors = {stage_input(index): entering}
        backbone = View(read_exported(folder, stage.backbone).graph)
        found += _ask(f"backbone.{index}", backbone, feature_map(index), tensors, manifest)
        entering = tensors[feature_map(index)]
        exit_ = View(read_exported(folder, stage.exit).graph)
        found += _ask(f"exits.{index}", exit_, logits(index), {feature_map(index): entering}, manifest)
    return found


def _ask(
    part: str, view: View, end: str, tensors: dict[str, FeatureMap], manifest: Manifest
) -> Iterator[Asked]:
    """Ask about the nodes before ``end``.

    ``tensors`` holds the known feature maps. The answers add more.
    """
    wanted = _upstream(view, end)
    nodes = [node for node in view.graph.node if node.output[0] in wanted]
    formats = manifest_formats(manifest)
    known: dict[str, tuple[Layer, ...]] = {}
    for node in nodes:
        sources = feature_maps_read(view, node, end)
        if node.output[0] in tensors or not sources:
            continue
        if is_inner_sum(view, node, end):
            # The sum that reads it adds its summands too.
            yield Asked(part, node.op_type, (), None)
            continue
        entering, before = tensors[sources[0]], known.get(sources[0], ())
        refusal = None
        try:
            if len(sources) > 1:
                layers = read_join(view, node, [tensors[source] for source in sources], formats)
                leaving = layers[-1].output
            else:
                layers, leaving = read_chain(view, [node], entering, formats.of_layer, before)
        except FpgaEeError as error:
            refusal, leaving = _reason(node, error), _declared(view, node.output[0], entering)
            # A clip behind it is judged as if hardware had it.
            layers = *before, stand_in(node, leaving)
        made = tuple(layer for layer in layers if layer not in before)
        # Behind a fork nothing changes the layers before it.
        known[node.output[0]] = layers if len(view.readers(node.output[0])) == 1 else ()
        tensors[node.output[0]] = leaving
        yield Asked(part, node.op_type, () if refusal else made, refusal)


def _upstream(view: View, end: str) -> set[str]:
    """Find the tensors that a tensor depends on, and the tensor itself."""
    found: set[str] = set()
    pending = [end]
    while pending:
        tensor = pending.pop()
        node = view.producer(tensor)
        if node is not None and tensor not in found:
            found.add(tensor)
            pending += data_inputs(view, node)
    return found


def _reason(node: onnx.NodeProto, error: FpgaEeError) -> str:
    """Give the message without the name of the node; its reader knows the node by another name."""
    if isinstance(error, NamedError) and error.subject in (named(node), plain_name(node)):
        return error.reason
    return str(error)


def _declared(view: View, tensor: str, entering: FeatureMap) -> FeatureMap:
    """Make a feature map of the shape that the file declares, in the format of the words that enter."""
    channels, rows, cols = (*(view.shape(tensor) or ()), 1, 1, 1)[:3]
    return FeatureMap(channels, rows, cols, entering.format)
