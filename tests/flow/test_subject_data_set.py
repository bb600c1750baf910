"""Every verb takes the network's own data set, or the one that is asked for; later steps keep to it."""

import json
import shutil
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from helpers.cifar_files import write_cifar
from helpers.commands import Result, fpga_ee

from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.flow.measured import check_stated
from fpga_ee.networks.catalogue import make_network
from fpga_ee.training.weights import save_weights

NETWORK = "helpers.small_networks:Colours"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of data sets with random images like CIFAR-10's: 180 train, 20 validate, 30 test."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "cifar-10-batches-bin").mkdir()
    write_cifar(folder / "cifar-10-batches-bin", train=100, test=30, files=2)
    return folder


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Path:
    folder = tmp_path_factory.mktemp("colours")
    weights, build = folder / "weights.safetensors", folder / "build"
    save_weights(make_network(NETWORK), weights)
    for verb in ("calibrate", "quantize", "export"):
        result = fpga_ee(verb, NETWORK, "--weights", weights, "--build", build, "--data", data)
        assert result.code == 0, result.err
    return build


def verify(build: Path, *arguments: object) -> Result:
    return fpga_ee("verify", build, "--network", NETWORK, *arguments)


def test_the_files_tell_which_data_set_they_were_made_with(build: Path) -> None:
    manifest = load_manifest(build)
    assert manifest.data_set == "cifar10"
    assert manifest.measured.split == "CIFAR-10 validation (20 of 5,000 images)"
    assert manifest.measured.images == 20
    assert json.loads((build / "calibration.json").read_text())["data_set"] == "cifar10"


def test_a_network_is_trained_on_its_data_set(data: Path, tmp_path: Path) -> None:
    result = fpga_ee("train", NETWORK, "--data", data, "--epochs", 1, "--output", tmp_path)
    assert result.code == 0, result.err
    assert json.loads((tmp_path / "training.json").read_text())["splits"] == {
        "CIFAR-10 train (180 of 45,000 images)": 180,
        "CIFAR-10 validation (20 of 5,000 images)": 20,
    }


def test_it_is_verified_on_its_data_set(build: Path, data: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(build, tmp_path / "copy"))
    result = verify(copy, "--data", data, "--split", "test")
    assert result.code == 0, result
    assert "PROVEN: on 30 of 30 images" in result.out
    assert json.loads((copy / "verification.json").read_text())["split"] == (
        "CIFAR-10 test (30 of 10,000 images)"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dataset", "mnist"), "takes images [3, 32, 32], but those of MNIST validation are [1, 28, 28]"),
        (("--dataset", "cifar-10"), "there is no data set cifar-10"),
        (("--dataset", "svhn", "--data", "nowhere"), "nowhere has no train_32x32.mat"),
    ],
)
def test_another_data_set_is_taken_where_it_is_asked_for(
    build: Path, arguments: tuple[object, ...], message: str
) -> None:
    result = verify(build, *arguments)
    assert result.code == 2
    assert message in result.err


def test_an_export_of_nobodys_data_set_needs_one_to_be_named(build: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(build, tmp_path / "copy"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"data_set": None}))
    result = verify(copy)
    assert result.code == 2
    assert "was not measured on a known data set: name one with --dataset" in result.err


def test_calibrating_on_images_that_do_not_fit_says_what_to_do(tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    save_weights(make_network("B_Lenet_se"), weights)
    write_cifar(tmp_path)
    arguments = (
        "--weights",
        weights,
        "--build",
        tmp_path / "build",
        "--dataset",
        "cifar10",
        "--data",
        tmp_path,
    )
    result = fpga_ee("calibrate", "B_Lenet_se", *arguments)
    assert result.code == 2
    assert "the network takes images [1, 28, 28], but those of CIFAR-10 validation" in result.err
    assert "--dataset names another data set" in result.err
    assert not (tmp_path / "build").exists()


def test_a_manifest_that_tells_other_shares_of_the_very_images_is_refused(
    build: Path, data: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(build, tmp_path / "copy"))
    manifest = json.loads((copy / "manifest.json").read_text())
    measured = manifest["measured"]
    # Of the exit that the fewest images take, so that all shares can still be of 20 images.
    least = measured["exit_rates"].index(min(measured["exit_rates"]))
    right = round(measured["exit_accuracies"][least] * 20)
    measured["exit_accuracies"][least] = (right + 1 if right < 20 else right - 1) / 20
    (copy / "manifest.json").write_text(json.dumps(manifest))

    result = verify(copy, "--data", data)

    assert result.code == 2
    assert "says that exit_accuracies of CIFAR-10 validation (20 of 5,000 images) is" in result.err
    assert not (copy / "verification.json").exists()


def test_a_manifest_that_tells_another_number_of_the_split_is_refused(
    build: Path, data: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(build, tmp_path / "copy"))
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["measured"]["images"] = 40
    (copy / "manifest.json").write_text(json.dumps(manifest))

    result = verify(copy, "--data", data)

    assert result.code == 2
    assert "CIFAR-10 validation (20 of 5,000 images) has 40 images, but it has 20: export again" in result.err
    assert not (copy / "verification.json").exists()


@pytest.mark.parametrize("other", [("--images", 10), ("--split", "test")])
def test_rates_of_other_images_are_not_compared_and_the_verdict_says_so(
    build: Path, data: Path, tmp_path: Path, other: tuple[object, ...]
) -> None:
    copy = Path(shutil.copytree(build, tmp_path / "copy"))
    remark = (
        "the rates in manifest.json were not compared, since they are of 20 images of CIFAR-10 validation"
    )
    result = verify(copy, "--data", data, *other)
    assert result.code == 0, result
    assert f"Note: {remark}" in result.out
    assert remark in json.loads((copy / "verification.json").read_text())["remarks"][0]
    assert "not compared" not in verify(copy, "--data", data).out


def test_a_float_export_that_tells_other_shares_is_refused(build: Path, data: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(build, tmp_path / "copy"))
    weights = build.parent / "weights.safetensors"
    result = fpga_ee("export", NETWORK, "--weights", weights, "--build", copy, "--data", data, "--float")
    assert result.code == 0, result.err
    path = tmp_path / "copy-float" / "manifest.json"
    manifest = json.loads(path.read_text())
    assert verify(path.parent, "--data", data).code == 0
    manifest["measured"]["exit_rates"].reverse()
    manifest["measured"]["exit_accuracies"] = [1.0] * len(manifest["measured"]["exit_rates"])
    manifest["measured"]["accuracy"] = 1.0
    path.write_text(json.dumps(manifest))

    result = verify(path.parent, "--data", data)

    assert result.code == 2
    assert "of CIFAR-10 validation (20 of 5,000 images) is" in result.err
    assert ": export again" in result.err


@pytest.mark.parametrize(("unsure", "refused"), [(0, True), (1, True), (2, False)])
def test_as_many_images_may_be_counted_elsewhere_as_rounding_decides(unsure: int, refused: bool) -> None:
    images = LabelledImages("some", np.zeros((10, 1, 1, 1), np.uint8), np.zeros(10, np.int64))
    expected = pytest.raises(FpgaEeError, match=r"exit_rates of some is 0\.6, 0\.4, but it is 0\.8")
    with expected if refused else nullcontext():
        check_stated(Path("build"), images, "exit_rates", ((0.6, 0.4), (0.8, 0.2)), unsure)
