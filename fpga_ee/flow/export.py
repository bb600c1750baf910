"""Step 5: the ONNX files."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from fpga_ee.artifacts.formats import NetworkFormats
from fpga_ee.artifacts.manifest import Manifest, Measurement, load_manifest
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.decision import integer_decisions
from fpga_ee.exits.outcome import logits_of, outcome
from fpga_ee.exits.rules import ExitRule
from fpga_ee.export.decision_graph import Decision
from fpga_ee.export.export import export
from fpga_ee.flow.calibrate import read_calibration, read_rules_for
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
    rules = _rules(read_calibration(folder).rules, thresholds)
    fixed_point = apply_formats(network, formats).network
    decisions = integer_decisions(rules, formats.logits)
    return _export(subject, fixed_point, network, decisions, formats, folder, batch)


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
    rules = _rules(read_rules_for(network, folder), thresholds)
    return _export(subject, network, network, rules, None, folder.with_name(f"{folder.name}-float"), batch)


def _rules(calibrated: tuple[ExitRule, ...], thresholds: Sequence[float]) -> tuple[ExitRule, ...]:
    if not thresholds:
        return calibrated
    if len(thresholds) != len(calibrated):
        raise FpgaEeError(
            f"{len(thresholds)} thresholds were given for {len(calibrated)} early exits; give one for each"
        )
    return tuple(
        ExitRule(rule.criterion, threshold) for rule, threshold in zip(calibrated, thresholds, strict=True)
    )


def _export(  # noqa: PLR0913, PLR0917 - each is a separate fact about what is exported
    subject: Subject,
    network: EarlyExitNetwork,
    float_network: EarlyExitNetwork,
    decisions: Sequence[Decision],
    formats: NetworkFormats | None,
    folder: Path,
    batch: int,
) -> tuple[Path, Manifest]:
    digits = load_mnist("validation", subject.data)
    check_fits(network, digits)
    logits = logits_of(network, torch.from_numpy(digits.inputs()))
    measured = outcome(logits, decisions, torch.from_numpy(digits.labels))
    export(
        network,
        decisions,
        formats,
        folder,
        float_network=float_network,
        name=subject.name,
        source=subject.source,
        measured=Measurement(split=digits.name, images=len(digits), **asdict(measured)),
        batch=batch,
    )
    return folder, load_manifest(folder)
