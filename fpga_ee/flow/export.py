"""Step 5: the ONNX files."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from fpga_ee.artifacts.formats import NetworkFormats
from fpga_ee.artifacts.manifest import Manifest, Measurement, load_manifest
from fpga_ee.datasets.catalogue import find_data_set
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.outcome import logits_of, outcome
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.decision_graph import Decision
from fpga_ee.export.export import export
from fpga_ee.flow.calibrate import CalibrationRecord, read_calibration, read_calibration_for
from fpga_ee.flow.quantize import read_quantization
from fpga_ee.flow.subject import Subject
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.quantize import apply_formats
from fpga_ee.training.fitting_images import check_fits


def export_fixed_point_step(
    subject: Subject, thresholds: Sequence[float], batch: int
) -> tuple[Path, Manifest]:
    """Export the fixed-point network that ``quantization.json`` describes.

    Args:
        subject: The network; ``calibration.json`` and ``quantization.json`` must be in its folder.
        thresholds: One for every exit but the last; none for those of the calibration.
        batch: Images at a time in the conditional model.

    Returns:
        The folder of the files, and their manifest.

    Raises:
        FpgaEeError: An earlier step is missing or its files do not belong together, a threshold is out of
            range, the batch is not 1, or the folder cannot be written.
    """
    network, formats = read_quantization(subject)
    folder = subject.build_folder
    # Of the weights before fine-tuning, where there was one.
    calibration = read_calibration(folder)
    rules = _rules(calibration, thresholds)
    fixed_point = apply_formats(network, formats).network
    decisions = integer_decisions(rules, formats.logits)
    exported = _Exported(fixed_point, decisions, formats, float_network=network)
    return _export(subject, exported, calibration.data_set, folder, batch)


def export_float_step(subject: Subject, thresholds: Sequence[float], batch: int) -> tuple[Path, Manifest]:
    """Export the float network to ``build/<network>-float``.

    Args:
        subject: The network; ``calibration.json`` must be in ``build/<network>``.
        thresholds: One for every exit but the last; none for those of the calibration.
        batch: Images at a time in the conditional model.

    Returns:
        The folder of the files, and their manifest.

    Raises:
        FpgaEeError: As for fixed point.
    """
    network = subject.network()
    folder = subject.build_folder
    calibration = read_calibration_for(network, folder)
    exported = _Exported(network, _rules(calibration, thresholds), None, float_network=network)
    beside = folder.with_name(f"{folder.name}-float")
    return _export(subject, exported, calibration.data_set, beside, batch)


@dataclass(frozen=True)
class _Exported:
    """What is exported: a network with its decisions and formats, and the float network it is made of."""

    network: EarlyExitNetwork
    decisions: Sequence[Decision]
    formats: NetworkFormats | None
    float_network: EarlyExitNetwork


def _rules(calibration: CalibrationRecord, thresholds: Sequence[float]) -> tuple[ExitRule, ...]:
    calibrated = calibration.rules
    if not thresholds:
        return calibrated
    if len(thresholds) != len(calibrated):
        raise FpgaEeError(
            f"{len(thresholds)} thresholds were given for {len(calibrated)} early exits; give one for each"
        )
    return tuple(
        ExitRule(rule.criterion, threshold) for rule, threshold in zip(calibrated, thresholds, strict=True)
    )


def _export(
    subject: Subject, exported: _Exported, data_set: str, folder: Path, batch: int
) -> tuple[Path, Manifest]:
    images = find_data_set(data_set).load("validation", subject.data)
    check_fits(exported.network, images)
    logits = logits_of(exported.network, torch.from_numpy(images.inputs()))
    measured = outcome(logits, exported.decisions, torch.from_numpy(images.labels))
    export(
        exported.network,
        exported.decisions,
        exported.formats,
        folder,
        float_network=exported.float_network,
        name=subject.name,
        source=subject.source,
        data_set=data_set,
        measured=Measurement(split=images.name, images=len(images), **asdict(measured)),
        batch=batch,
    )
    return folder, load_manifest(folder)
