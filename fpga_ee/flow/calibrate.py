"""Step 3: thresholds of the exits, from the validation split."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.names import CALIBRATION_FILE
from fpga_ee.datasets.mnist import load_mnist
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.calibration import Calibration, calibrate
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.files import read_json, write_json
from fpga_ee.flow.subject import Subject
from fpga_ee.networks.cost import multiplications
from fpga_ee.reporting.calibration_report import write_calibration_png


def calibrate_step(subject: Subject, criterion: Criterion, max_drop: float) -> Calibration:
    """Calibrate the float network and write ``calibration.json`` and ``calibration.png``.

    Args:
        subject: The network.
        criterion: What its exits measure.
        max_drop: Accuracy that may be lost against the last exit alone, in percentage points.

    Raises:
        FpgaEeError: A negative drop, no early exit, or input that cannot be used.
    """
    if not 0 <= max_drop <= 100:
        raise FpgaEeError(f"a drop of {max_drop} percentage points is outside 0 to 100")
    network = subject.network()
    if len(network.exits) < 2:
        raise FpgaEeError(f"{subject.name} has no early exit to calibrate")
    digits = load_mnist("validation", subject.data)
    calibration = calibrate(
        logits_of(network, torch.from_numpy(digits.inputs())),
        torch.from_numpy(digits.labels),
        criterion,
        costs=multiplications(network),
        max_drop=max_drop / 100,
    )
    folder = subject.build_folder
    write_calibration_png(subject.name, calibration, folder / "calibration.png")
    write_json(
        folder / CALIBRATION_FILE,
        {
            "network": subject.name,
            "criterion": criterion,
            "thresholds": [rule.threshold for rule in calibration.rules],
            "split": digits.name,
            "images": len(digits),
            "max_drop_percentage_points": max_drop,
            **asdict(calibration.outcome),
            "sweeps": [[asdict(point) for point in sweep] for sweep in calibration.sweeps],
        },
    )
    return calibration


def read_rules(folder: Path) -> tuple[ExitRule, ...]:
    """The rules that were chosen by calibration.

    Raises:
        FpgaEeError: There was none, or the file is not what it wrote.
    """
    path = folder / CALIBRATION_FILE
    if not path.is_file():
        raise FpgaEeError(f"{path} does not exist; run `fpga-ee calibrate` first")
    record: Any = read_json(path)
    try:
        criterion = Criterion(record["criterion"])
        return tuple(ExitRule(criterion, float(threshold)) for threshold in record["thresholds"])
    except (KeyError, TypeError, ValueError) as error:
        raise FpgaEeError(f"{path} is not a calibration ({error}); run `fpga-ee calibrate` again") from error
