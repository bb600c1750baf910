"""Step quantize: makes the fixed-point network."""

from dataclasses import asdict, fields
from typing import Literal

import torch

from fpga_ee.artifacts.formats import NetworkFormats, Widths
from fpga_ee.artifacts.measurement import Images, check_shares
from fpga_ee.artifacts.names import QUANTIZATION_FILE, WEIGHTS_FILE
from fpga_ee.artifacts.source import check_source
from fpga_ee.datasets.known_data_sets import find_data_set
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.outcome import Outcome, logits_of
from fpga_ee.files.reading import MOST_TEXT, read_member
from fpga_ee.files.schemas import Name, Sha256, parse_record, record
from fpga_ee.files.writing import check_writable, replacing_together, write_json
from fpga_ee.flow.calibrate import read_calibration_for
from fpga_ee.flow.subject import Subject
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.certificate import LayerCertificate
from fpga_ee.quantization.comparison import Comparison, compare_networks
from fpga_ee.quantization.degradation import fixed_point_warnings
from fpga_ee.quantization.finetune import finetune
from fpga_ee.quantization.quantize import Quantized, quantize, with_exact_sums
from fpga_ee.training.fitting_images import check_fits
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import load_member_weights, save_weights, weights_sha256

CALIBRATION_IMAGES = 1000
"""Number of images for choosing the formats; ten times as many give the same formats."""

FINETUNING = TrainingSettings(max_epochs=8, patience=4, learning_rate=1e-3)


def quantize_step(
    subject: Subject, widths: Widths, training: TrainingSettings | None
) -> tuple[Quantized, Comparison, tuple[str, ...]]:
    """Quantize, and write ``quantization.json`` and the float weights.

    Args:
        subject: The network; ``calibration.json`` must be in its folder.
        widths: The widths of the formats.
        training: Settings of a training under the formats before rounding; None to round the weights
            directly.

    Returns:
        The fixed-point network, its comparison with the float network, and warnings.

    Raises:
        FpgaEeError: The calibration is missing or of other weights, an operator is unknown, the certificate
            is broken, or input cannot be used.
    """
    folder = subject.build_folder
    check_writable(folder, QUANTIZATION_FILE, WEIGHTS_FILE)
    network = subject.network()
    check_source(folder, subject.known_source)
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
    made = QuantizationRecord(
        network=subject.name,
        source=subject.known_source,
        weights_sha256=weights_sha256(network),
        widths=widths,
        finetuning=training,
        **{field.name: getattr(comparison, field.name) for field in fields(comparison)},
        warnings=fixed_point_warnings(
            comparison.float_outcome, comparison.fixed_outcome, quantized.network, quantized.formats
        ),
        certificate=quantized.certificate,
        formats=quantized.formats,
    )
    with replacing_together(folder, last=QUANTIZATION_FILE) as temporary:
        save_weights(network, temporary / WEIGHTS_FILE)
        write_json(temporary / QUANTIZATION_FILE, asdict(made))
    return quantized, comparison, made.warnings


@record
class QuantizationRecord:
    """The content of ``quantization.json``.

    Attributes:
        network: Name of the network.
        source: Source of the network.
        weights_sha256: SHA-256 of the float weights that were rounded.
        widths: The widths of the formats.
        finetuning: Settings of the training under the formats; None where there was none.
        split: Name of the split for the comparison.
        images: Number of images.
        float_outcome: Outcome of the float network, before it was fine-tuned.
        fixed_outcome: Outcome of the fixed-point network.
        other_exits: Number of images that leave at another exit.
        other_labels: Number of images that get another label.
        warnings: Facts that a user must know.
        certificate: Certificates of every layer and addition.
        formats: The format of every tensor.
    """

    network: Name
    source: Name
    weights_sha256: Sha256
    widths: Widths
    finetuning: TrainingSettings | None
    split: Name
    images: Images
    float_outcome: Outcome
    fixed_outcome: Outcome
    other_exits: Images | Literal[0]
    other_labels: Images | Literal[0]
    warnings: tuple[str, ...]
    certificate: tuple[LayerCertificate, ...]
    formats: NetworkFormats

    def __post_init__(self) -> None:
        """Check that the fields fit together.

        Raises:
            ValueError: Shares or counts are not of ``images`` images, or exits, formats and certificate are
                not of one network.
        """
        for outcome in (self.float_outcome, self.fixed_outcome):
            check_shares(self.images, outcome.exit_rates, outcome.exit_accuracies, outcome.accuracy)
        if max(self.other_exits, self.other_labels) > self.images:
            raise ValueError(f"more images are changed than there are ({self.images:,})")
        exits = {len(self.float_outcome.exit_rates), len(self.fixed_outcome.exit_rates)}
        if exits != {len(self.formats.logits)} or len(self.formats.feature_maps) != len(self.formats.logits):
            raise ValueError("its outcomes and its formats are of different numbers of exits")
        certified = [layer.layer for layer in self.certificate]
        if certified != [*self.formats.layers, *self.formats.additions]:
            raise ValueError("its certificate and its formats are of different layers")


def read_quantization(subject: Subject) -> tuple[EarlyExitNetwork, QuantizationRecord]:
    """Read the network with the float weights that were rounded, and the record of the quantization.

    Raises:
        FpgaEeError: A file is missing, or is not from this step, the two files do not fit together, or they
            are of another network.
    """
    network = make_network(subject.source)
    check_source(subject.build_folder, subject.known_source)
    path, weights = (subject.build_folder / name for name in (QUANTIZATION_FILE, WEIGHTS_FILE))
    if not path.is_file():
        raise FpgaEeError(f"{path} does not exist; run `fpga-ee quantize` first")
    content = read_member(subject.build_folder, QUANTIZATION_FILE, MOST_TEXT)
    quantization = parse_record(
        QuantizationRecord, content, path, "a quantization", "run `fpga-ee quantize` again"
    )
    load_member_weights(network, subject.build_folder, WEIGHTS_FILE)
    if weights_sha256(network) != quantization.weights_sha256:
        raise FpgaEeError(f"{path} was not made with {weights}; run `fpga-ee quantize` again")
    return network.eval(), quantization
