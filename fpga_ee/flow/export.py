"""Step export: writes the ONNX files."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.artifacts.formats import NetworkFormats
from fpga_ee.artifacts.manifest import Manifest, load_manifest
from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.names import MANIFEST, QUANTIZATION_FILE
from fpga_ee.artifacts.source import check_source
from fpga_ee.datasets.known_data_sets import find_data_set
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.outcome import Outcome, logits_of, outcome
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.decisions.decision_graph import Decision
from fpga_ee.export.export import export
from fpga_ee.files.writing import check_writable
from fpga_ee.flow.calibrate import CalibrationRecord, read_calibration, read_calibration_for
from fpga_ee.flow.quantize import read_quantization
from fpga_ee.flow.subject import Subject
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.quantization.degradation import fixed_point_warnings
from fpga_ee.quantization.quantize import apply_formats
from fpga_ee.training.fitting_images import check_fits


def export_fixed_point_step(
    subject: Subject, thresholds: Sequence[float], batch: int
) -> tuple[Path, Manifest]:
    """Export the fixed-point network that ``quantization.json`` describes.

    Args:
        subject: The network; ``calibration.json`` and ``quantization.json`` must be in its folder.
        thresholds: One for every exit but the last; empty for those of the calibration.
        batch: Images at a time in the conditional model.

    Returns:
        The folder of the files, and their manifest.

    Raises:
        FpgaEeError: An earlier step is missing or its files do not fit together, a threshold is out of its
            range, the batch is not 1, or the folder cannot be written.
    """
    folder = subject.build_folder
    network, quantization = read_quantization(subject)
    # The calibration is of the weights before a fine-tuning.
    calibration = read_calibration(folder)
    rules = _rules(calibration, thresholds)
    quantized = apply_formats(network, quantization.formats)
    if quantized.certificate != quantization.certificate:
        raise FpgaEeError(
            f"the certificate in {folder / QUANTIZATION_FILE} does not fit its weights and formats; "
            "run `fpga-ee quantize` again"
        )
    formats = quantization.formats
    decisions = integer_decisions(rules, formats.logits)

    def warnings(measured: Outcome) -> tuple[str, ...]:
        return fixed_point_warnings(quantization.float_outcome, measured, quantized.network, formats)

    exported = _Exported(quantized.network, decisions, formats, network, warnings)
    return _export(subject, exported, calibration.data_set, folder, batch)


def export_float_step(subject: Subject, thresholds: Sequence[float], batch: int) -> tuple[Path, Manifest]:
    """Export the float network to ``build/<network>-float``.

    Args:
        subject: The network; ``calibration.json`` must be in ``build/<network>``.
        thresholds: One for every exit but the last; empty for those of the calibration.
        batch: Images at a time in the conditional model.

    Returns:
        The folder of the files, and their manifest.

    Raises:
        FpgaEeError: As for fixed point.
    """
    folder = subject.build_folder
    # The current folder has no name before it is resolved.
    named = folder if folder.name else folder.resolve()
    beside = named.with_name(f"{named.name}-float")
    network = subject.network()
    for each in (folder, beside):
        check_source(each, subject.known_source)
    calibration = read_calibration_for(network, folder)

    def warnings(measured: Outcome) -> tuple[str, ...]:
        return unused_exits(measured.exit_rates)

    exported = _Exported(network, _rules(calibration, thresholds), None, network, warnings)
    return _export(subject, exported, calibration.data_set, beside, batch)


@dataclass(frozen=True)
class _Exported:
    """The exported network, its float network, and the warnings that follow from a measured outcome."""

    network: EarlyExitNetwork
    decisions: Sequence[Decision]
    formats: NetworkFormats | None
    float_network: EarlyExitNetwork
    warnings: Callable[[Outcome], tuple[str, ...]]


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
    check_writable(folder, MANIFEST)
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
        source=subject.known_source,
        data_set=data_set,
        measured=Measurement(split=images.name, images=len(images), **asdict(measured)),
        batch=batch,
        warnings=exported.warnings(measured),
    )
    return folder, load_manifest(folder)
