"""Step calibrate: chooses the thresholds of the exits on the validation split."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import torch
from annotated_types import Interval

from fpga_ee.artifacts.exit_use import unused_exits
from fpga_ee.artifacts.measurement import Images, check_shares
from fpga_ee.artifacts.names import CALIBRATION_FILE
from fpga_ee.artifacts.rules.criteria import criterion_named
from fpga_ee.artifacts.rules.criterion import Criterion
from fpga_ee.artifacts.source import check_source
from fpga_ee.errors import FpgaEeError
from fpga_ee.exits.calibration import Calibration, SweepPoint, calibrate
from fpga_ee.exits.outcome import logits_of
from fpga_ee.exits.rules import ExitRule
from fpga_ee.files.reading import MOST_TEXT, read_member
from fpga_ee.files.schemas import Name, Sha256, Share, parse_record, record
from fpga_ee.files.writing import check_writable, replacing_together, write_json
from fpga_ee.flow.subject import Subject
from fpga_ee.networks.cost import multiplications
from fpga_ee.networks.early_exit import EarlyExitNetwork
from fpga_ee.networks.same_function import check_same_function
from fpga_ee.quantization.exporting import check_traceable
from fpga_ee.reporting.calibration_report import write_calibration_png
from fpga_ee.training.fitting_images import check_fits
from fpga_ee.training.weights import weights_sha256


def calibrate_step(subject: Subject, criterion: Criterion, max_drop: float) -> Calibration:
    """Calibrate the float network and write ``calibration.json`` and ``calibration.png``.

    A network with one exit has no thresholds, so no picture is drawn.

    Args:
        subject: The network.
        criterion: The criterion of its exits.
        max_drop: Accuracy that may be lost against the last exit alone, in percentage points.

    Raises:
        FpgaEeError: The drop is negative, or input cannot be used.
    """
    if not 0 <= max_drop <= 100:
        raise FpgaEeError(f"a drop of {max_drop} percentage points is outside 0 to 100")
    check_writable(subject.build_folder, CALIBRATION_FILE)
    network = subject.network()
    check_source(subject.build_folder, subject.known_source)
    check_same_function(network, subject.source)
    check_traceable(network)
    images = subject.images("validation")
    check_fits(network, images)
    calibration = calibrate(
        logits_of(network, torch.from_numpy(images.inputs())),
        torch.from_numpy(images.labels),
        criterion,
        costs=multiplications(network),
        max_drop=max_drop / 100,
    )
    chosen = CalibrationRecord(
        network=subject.name,
        source=subject.known_source,
        weights_sha256=weights_sha256(network),
        criterion=criterion.name,
        thresholds=tuple(rule.threshold for rule in calibration.rules),
        data_set=subject.found_data_set().name,
        split=images.name,
        images=len(images),
        max_drop_percentage_points=max_drop,
        **asdict(calibration.outcome),
        warnings=unused_exits(calibration.outcome.exit_rates),
        sweeps=calibration.sweeps,
    )
    with replacing_together(subject.build_folder, last=CALIBRATION_FILE) as folder:
        if calibration.sweeps:
            write_calibration_png(subject.name, calibration, folder / "calibration.png")
        write_json(folder / CALIBRATION_FILE, asdict(chosen))
    return calibration


@record
class CalibrationRecord:
    """The content of ``calibration.json``.

    Attributes:
        network: Name of the network.
        source: Source of the network.
        weights_sha256: SHA-256 of the float weights that the thresholds were chosen for.
        criterion: Name of the exits' criterion.
        thresholds: Thresholds of every exit but the last.
        data_set: Name of the data set for the choice; later steps use it too.
        split: Name of the images' split.
        images: Number of images.
        max_drop_percentage_points: Accuracy that was allowed to be lost.
        exit_rates: Share of the images that leave at each exit.
        exit_accuracies: Accuracy of each exit over all images.
        accuracy: Accuracy where every image is labelled by the exit where it leaves.
        warnings: Facts that a user must know.
        sweeps: Candidates of every exit but the last, from strict to loose.
    """

    network: Name
    source: Name
    weights_sha256: Sha256
    criterion: str
    thresholds: tuple[float, ...]
    data_set: Name
    split: Name
    images: Images
    max_drop_percentage_points: Annotated[float, Interval(ge=0, le=100)]
    exit_rates: tuple[Share, ...]
    exit_accuracies: tuple[Share, ...]
    accuracy: Share
    warnings: tuple[str, ...]
    sweeps: tuple[tuple[SweepPoint, ...], ...]

    def __post_init__(self) -> None:
        """Check that the fields fit together.

        Raises:
            ValueError: The criterion does not exist, a threshold decides nothing or is not in its sweep, the
                numbers of thresholds, sweeps and exits differ, or the shares are not of ``images`` images.
        """
        criterion = criterion_named(self.criterion)
        check_shares(self.images, self.exit_rates, self.exit_accuracies, self.accuracy)
        if not len(self.thresholds) == len(self.sweeps) == len(self.exit_rates) - 1:
            raise ValueError(
                f"{len(self.exit_rates)} exits have {len(self.thresholds)} thresholds and {len(self.sweeps)} "
                "sweeps"
            )
        for index, (threshold, sweep) in enumerate(zip(self.thresholds, self.sweeps, strict=True)):
            criterion.check_threshold(threshold)
            if threshold not in [point.threshold for point in sweep]:
                raise ValueError(f"the threshold {threshold} of exit {index} is not in its sweep")

    @property
    def rules(self) -> tuple[ExitRule, ...]:
        """The chosen rules, of every exit but the last."""
        criterion = criterion_named(self.criterion)
        return tuple(ExitRule(criterion, threshold) for threshold in self.thresholds)


def read_calibration(folder: Path) -> CalibrationRecord:
    """Read the calibration: thresholds, and the SHA-256 of the weights they were chosen for.

    Raises:
        FpgaEeError: The file is missing, or it is no calibration.
    """
    path = folder / CALIBRATION_FILE
    if not path.is_file():
        raise FpgaEeError(f"{path} does not exist; run `fpga-ee calibrate` first")
    content = read_member(folder, CALIBRATION_FILE, MOST_TEXT)
    return parse_record(CalibrationRecord, content, path, "a calibration", "run `fpga-ee calibrate` again")


def read_calibration_for(network: EarlyExitNetwork, folder: Path) -> CalibrationRecord:
    """Read the calibration of a float network.

    Raises:
        FpgaEeError: The file is missing, or it was made for other weights.
    """
    calibration = read_calibration(folder)
    if calibration.weights_sha256 != weights_sha256(network):
        raise FpgaEeError(
            f"{folder / CALIBRATION_FILE} was made with other weights; run `fpga-ee calibrate` again"
        )
    return calibration
