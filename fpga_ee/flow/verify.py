"""Step 6: the proof."""

from dataclasses import asdict
from pathlib import Path

from fpga_ee.artifacts.names import VERIFICATION_FILE
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
        FpgaEeError: The files or the images cannot be used.
    """
    deployment = load_deployment(folder, network)
    images = wanted.load(deployment.manifest)
    check_fits(deployment.network, images)
    verification = verify(deployment, images.inputs(), images.labels, start_progress)
    write_json(folder / VERIFICATION_FILE, _record(deployment.manifest.network, images.name, verification))
    return verification


def _record(network: str, split: str, verification: Verification) -> dict[str, object]:
    """Everything but the seconds, so that the same files give the same record."""
    record = {"network": network, "split": split, "passed": verification.passed, **asdict(verification)}
    del record["reference_seconds"]
    for run in record["runs"]:
        del run["seconds"]
    return record
