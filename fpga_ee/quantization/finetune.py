"""Training under the formats, for widths at which plain rounding costs accuracy."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor
from torchao.quantization.pt2e.quantize_pt2e import prepare_qat_pt2e

from fpga_ee.artifacts.formats import NetworkFormats
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.annotation import PlaceQuantizer
from fpga_ee.quantization.fixed_point import part_inputs, places
from fpga_ee.quantization.operators.batch_normalisation import neutral
from fpga_ee.quantization.tracing import TracedPart, assemble, trace
from fpga_ee.training import fit
from fpga_ee.training.settings import TrainingSettings


def finetune(
    network: EarlyExitNetwork,
    formats: NetworkFormats,
    images: tuple[LabelledImages, LabelledImages],
    settings: TrainingSettings,
    folder: Path,
) -> fit.TrainingResult:
    """Train the float weights of ``network`` in place, so that they lose little accuracy when rounded.

    The forward pass rounds and saturates every weight and feature map as deployment will. The backward pass
    treats rounding as the identity. Biases are not rounded, because their grid is finer than training could
    notice. A normalisation that is folded into a layer is trained with the layer; other normalisations are
    not trained. Training starts anew; an interrupted fine-tuning is not resumed.

    Args:
        network: Float network, trained.
        formats: Formats of its tensors; they do not change.
        images: Training and validation images.
        settings: Settings of the training.
        folder: The folder for a checkpoint during the training.

    Raises:
        FpgaEeError: The images do not fit the network, or the loss diverges.
    """
    parts = trace(network)
    graphs = []
    for part, source in zip(parts, part_inputs(formats), strict=True):
        specifications = dict(places(part, source, formats))
        for layer in part.layers:
            if layer.bias is not None:
                del specifications[layer.bias, layer.node]
        graphs.append(prepare_qat_pt2e(part.graph, PlaceQuantizer(specifications)))
    rounding_network = assemble(network, graphs)
    with fit.reserved(folder):
        # It is unknown whether an earlier run rounded to the same formats.
        fit.discard_checkpoint(folder)
        result = fit.train(rounding_network, *images, settings, folder)
        fit.discard_checkpoint(folder)
    network.load_state_dict(_trained(parts, network.state_dict(), rounding_network.state_dict()))
    return result


def _trained(
    parts: Sequence[TracedPart], own: Mapping[str, Tensor], trained: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Give the network's parameters after training: new ones of learned layers, and the others unchanged."""
    state = dict(own)
    for part in parts:
        for layer in part.layers:
            names = (f"{layer.name}.{kind}" for kind in ("weight", "bias"))
            state |= {name: trained[name] for name in names if layer.learned and name in own}
        for folded in part.folded:
            state |= neutral(folded, own, trained)
    return state
