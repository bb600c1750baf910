"""Step 6: the proof."""

from dataclasses import asdict
from pathlib import Path

from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.names import MANIFEST, VERIFICATION_FILE
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.files.writing import write_json
from fpga_ee.flow.images import WantedImages
from fpga_ee.training.fitting_images import check_fits
from fpga_ee.verification.deployment import load_deployment
from fpga_ee.verification.verify import StartProgress, Verification, verify


def verify_step(
    folder: Path,
    network: str | None,
    wanted: WantedImages,
    start_progress: StartProgress,
) -> Verification:
    """Verify the files in a folder on the images of a split, and write ``verification.json``.

    Args:
        folder: What ``fpga-ee export`` wrote.
        network: What made the files, where that is a user's own code.
        wanted: Which images.
        start_progress: Told of every run.

    Raises:
        FpgaEeError: The files or the images cannot be used, or the manifest tells of the same images what is
            not so.
    """
    deployment = load_deployment(folder, network)
    images = wanted.load(deployment.manifest)
    check_fits(deployment.network, images)
    verification = verify(deployment, images.inputs(), images.labels, start_progress)
    if verification.exact and verification.passed:
        _check_measured(folder, deployment.manifest.measured, images, verification)
    write_json(folder / VERIFICATION_FILE, _record(deployment.manifest.network, images.name, verification))
    return verification


def _check_measured(
    folder: Path, measured: Measurement, images: LabelledImages, verification: Verification
) -> None:
    """In fixed point the same images give the same shares, to the last bit."""
    if (measured.split, measured.images) != (images.name, len(images)):
        return
    found = Measurement(images.name, len(images), **asdict(verification.outcome))
    for name, value in asdict(found).items():
        if value != getattr(measured, name):
            raise FpgaEeError(
                f"{folder / MANIFEST} says that {name} of {images.name} is {getattr(measured, name)}, but it "
                f"is {value}: export again"
            )


def _record(network: str, split: str, verification: Verification) -> dict[str, object]:
    """Everything but the seconds, so that the same files give the same record."""
    record = {"network": network, "split": split, "passed": verification.passed, **asdict(verification)}
    del record["reference_seconds"]
    for run in record["runs"]:
        del run["seconds"]
    return record
