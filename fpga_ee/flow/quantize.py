"""Step 4: the fixed-point network."""

from dataclasses import asdict
from typing import Any

import torch

from fpga_ee.artifacts.formats import NetworkFormats, Widths
from fpga_ee.artifacts.names import QUANTIZATION_FILE, WEIGHTS_FILE
from fpga_ee.datasets.catalogue import find_data_set
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.outcome import logits_of
from fpga_ee.files.reading import read_json
from fpga_ee.files.schemas import check_record
from fpga_ee.files.writing import replacing_together, write_json
from fpga_ee.flow.calibrate import read_calibration_for
from fpga_ee.flow.subject import Subject
from fpga_ee.networks.catalogue import make_network
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.comparison import Comparison, compare_networks
from fpga_ee.quantization.finetune import finetune
from fpga_ee.quantization.quantize import Quantized, quantize, with_exact_sums
from fpga_ee.training.fitting_images import check_fits
from fpga_ee.training.settings import TrainingSettings
from fpga_ee.training.weights import load_weights, save_weights, weights_sha256

CALIBRATION_IMAGES = 1000
"""Images that the formats are chosen from; ten times as many choose the same."""

FINETUNING = TrainingSettings(max_epochs=8, patience=4, learning_rate=1e-3)


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
    record = {
        "network": subject.name,
        "weights_sha256": weights_sha256(network),
        "widths": asdict(widths),
        "finetuning": None if training is None else asdict(training),
        **asdict(comparison),
        "certificate": [asdict(layer) for layer in quantized.certificate],
        "formats": asdict(quantized.formats),
    }
    with replacing_together(folder, last=QUANTIZATION_FILE) as temporary:
        save_weights(network, temporary / WEIGHTS_FILE)
        write_json(temporary / QUANTIZATION_FILE, record)
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
    record: Any = read_json(path)
    try:
        recorded, expected = record["formats"], record["weights_sha256"]
    except (KeyError, TypeError) as error:
        raise FpgaEeError(f"{path} is not a quantization ({error}); run `fpga-ee quantize` again") from error
    formats = check_record(NetworkFormats, recorded, path, "a quantization", "run `fpga-ee quantize` again")
    load_weights(network, weights)
    if weights_sha256(network) != expected:
        raise FpgaEeError(f"{path} was not made with {weights}; run `fpga-ee quantize` again")
    return network.eval(), formats
