"""Step 4: the fixed-point network."""

from dataclasses import asdict

import torch

from fpga_ee.artifacts.formats import NetworkFormats, Widths
from fpga_ee.artifacts.names import QUANTIZATION_FILE, WEIGHTS_FILE
from fpga_ee.datasets.catalogue import find_data_set
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.outcome import Outcome, logits_of
from fpga_ee.files.schemas import Count, Name, Sha256, read_record, record
from fpga_ee.files.writing import replacing_together, write_json
from fpga_ee.flow.calibrate import read_calibration_for
from fpga_ee.flow.subject import Subject
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.certificate import LayerCertificate
from fpga_ee.quantization.comparison import Comparison, compare_networks
from fpga_ee.quantization.finetune import finetune
from fpga_ee.quantization.quantize import Quantized, quantize, with_exact_sums
from fpga_ee.training.fitting_images import check_fits
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import load_weights, save_weights, weights_sha256

CALIBRATION_IMAGES = 1000
"""Images that the formats are chosen from; ten times as many choose the same."""

FINETUNING = TrainingSettings(max_epochs=8, patience=4, learning_rate=1e-3)


@record
class QuantizationRecord:
    """``quantization.json``.

    Attributes:
        network: Name of the network.
        weights_sha256: Of the float weights that were rounded.
        widths: What was asked for.
        finetuning: How it was trained under the formats; None where it was not.
        split: As in ``Comparison``.
        images: As in ``Comparison``.
        float_outcome: As in ``Comparison``.
        fixed_outcome: As in ``Comparison``.
        other_exits: As in ``Comparison``.
        other_labels: As in ``Comparison``.
        certificate: Of every layer that sums.
        formats: Of every tensor.
    """

    network: Name
    weights_sha256: Sha256
    widths: Widths
    finetuning: TrainingSettings | None
    split: Name
    images: Count
    float_outcome: Outcome
    fixed_outcome: Outcome
    other_exits: Count
    other_labels: Count
    certificate: tuple[LayerCertificate, ...]
    formats: NetworkFormats


def quantize_step(
    subject: Subject, widths: Widths, training: TrainingSettings | None
) -> tuple[Quantized, Comparison]:
    """Quantize, and write ``quantization.json`` and the weights that were rounded.

    Args:
        subject: The network; ``calibration.json`` must be in its folder.
        widths: The widths to fit into.
        training: How to train under the formats first; None to round the weights as they are.

    Returns:
        The fixed-point network, and how it compares with the float network.

    Raises:
        FpgaEeError: No calibration of these weights, an unknown operator, a broken certificate, or unusable
            input.
    """
    network = subject.network()
    folder = subject.build_folder
    calibration = read_calibration_for(network, folder)
    rules, data_set = calibration.rules, find_data_set(calibration.data_set)
    validation = data_set.load("validation", subject.data)
    check_fits(network, validation)
    images, labels = torch.from_numpy(validation.inputs()), torch.from_numpy(validation.labels)
    float_logits = logits_of(network, images)
    quantized = quantize(network, images[:CALIBRATION_IMAGES], widths)
    if training is not None:
        splits = data_set.load("train", subject.data), validation
        finetune(network, quantized.formats, splits, training, folder)
        quantized = with_exact_sums(network, quantized.formats)
    fixed_logits = logits_of(quantized.network, images)
    decisions = integer_decisions(rules, quantized.formats.logits)
    comparison = compare_networks((float_logits, rules), (fixed_logits, decisions), labels, validation.name)
    written = QuantizationRecord(
        network=subject.name,
        weights_sha256=weights_sha256(network),
        widths=widths,
        finetuning=training,
        split=comparison.split,
        images=comparison.images,
        float_outcome=comparison.float_outcome,
        fixed_outcome=comparison.fixed_outcome,
        other_exits=comparison.other_exits,
        other_labels=comparison.other_labels,
        certificate=tuple(quantized.certificate),
        formats=quantized.formats,
    )
    with replacing_together(folder, last=QUANTIZATION_FILE) as temporary:
        save_weights(network, temporary / WEIGHTS_FILE)
        write_json(temporary / QUANTIZATION_FILE, asdict(written))
    return quantized, comparison


def read_quantization(subject: Subject) -> tuple[EarlyExitNetwork, NetworkFormats]:
    """The network with the float weights that were rounded, and the formats that were chosen for them.

    Raises:
        FpgaEeError: There are none, a file is not what this step wrote, or the two do not belong together.
    """
    network = make_network(subject.source)
    path, weights = (subject.build_folder / name for name in (QUANTIZATION_FILE, WEIGHTS_FILE))
    if not path.is_file():
        raise FpgaEeError(f"{path} does not exist; run `fpga-ee quantize` first")
    recorded = read_record(QuantizationRecord, path, "a quantization", "run `fpga-ee quantize` again")
    load_weights(network, weights)
    if weights_sha256(network) != recorded.weights_sha256:
        raise FpgaEeError(f"{path} was not made with {weights}; run `fpga-ee quantize` again")
    return network.eval(), recorded.formats
