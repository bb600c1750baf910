"""Step verify: proves that PyTorch and ONNX Runtime give the same bits."""

from dataclasses import asdict, replace
from pathlib import Path

from fpga_ee.artifacts.measurement import Measurement
from fpga_ee.artifacts.names import MANIFEST, VERIFICATION_FILE
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.files.writing import check_writable, write_json
from fpga_ee.flow.images import WantedImages
from fpga_ee.flow.measured import check_stated, check_whole_split, is_of
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
        folder: The folder that ``fpga-ee export`` wrote.
        network: Source of the network, if it is a user's own code.
        wanted: The images.
        start_progress: Called for every run.

    Raises:
        FpgaEeError: The files or the images cannot be used, or the manifest states wrong shares of the same
            images.
    """
    deployment = load_deployment(folder, network)
    check_writable(folder, VERIFICATION_FILE)
    images = wanted.load(deployment.manifest)
    if wanted.count is None:
        check_whole_split(folder, deployment.manifest.measured, images)
    check_fits(deployment.network, images)
    verification = verify(deployment, images.inputs(), images.labels, start_progress)
    if verification.passed:
        verification = _compared(folder, deployment.manifest.measured, images, verification)
    write_json(folder / VERIFICATION_FILE, _record(deployment.manifest.network, images.name, verification))
    return verification


def _compared(
    folder: Path, measured: Measurement, images: LabelledImages, verification: Verification
) -> Verification:
    """Compare a verification with the manifest's measurement; add a remark if that is of other images.

    In fixed point, the same images give the same shares. In float, rounding may change uncertain images.
    """
    if not is_of(measured, images):
        remark = (
            f"the rates in {MANIFEST} were not compared, since they are of {measured.images:,} images of "
            f"{measured.split}"
        )
        return replace(verification, remarks=(*verification.remarks, remark))
    found, exits, labels = verification.outcome, verification.uncertain, verification.uncertain_labels
    for name, stated, here, unsure in (
        ("exit_rates", measured.exit_rates, found.exit_rates, exits),
        ("exit_accuracies", measured.exit_accuracies, found.exit_accuracies, labels),
        ("accuracy", (measured.accuracy,), (found.accuracy,), exits + labels),
    ):
        check_stated(folder, images, name, (stated, here), unsure)
    return verification


def _record(network: str, split: str, verification: Verification) -> dict[str, object]:
    """Make the record without durations, so that the same files give the same record."""
    record = {"network": network, "split": split, "passed": verification.passed, **asdict(verification)}
    del record["reference_seconds"]
    for run in record["runs"]:
        del run["seconds"]
    return record
