"""Networks are listed and trained, and bad input is answered with one line and exit code 2."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.idx_files import write_idx
from lightning.pytorch import Callback, LightningModule, Trainer

from fpga_ee import cli
from fpga_ee.datasets.labelled_images import LabelledImages
from fpga_ee.errors import FpgaEeError
from fpga_ee.training.fit import CHECKPOINT_NAME
from fpga_ee.training.progress_bar import TrainingProgress

WRITTEN = {"weights.safetensors", "training.json", "learning_curve.png", "learning_curve.csv"}

COARSE = "helpers.small_networks:Coarse"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, digits: LabelledImages) -> Path:
    """A small data set like MNIST: 10,000 validation digits, 512 to train on, 200 to test with."""
    folder = tmp_path_factory.mktemp("data")
    train = np.concatenate([np.arange(10_000), np.arange(512)])
    for name, indices in (("train", train), ("t10k", np.arange(200))):
        write_idx(folder / f"{name}-images-idx3-ubyte", digits.images[indices, 0])
        write_idx(folder / f"{name}-labels-idx1-ubyte", digits.labels[indices].astype(np.uint8))
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command in this process, and give its exit code."""
    monkeypatch.setattr(sys, "argv", ["fpga-ee", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_networks_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "networks") == 0
    assert "74,694" in capsys.readouterr().out


def test_training_writes_weights_and_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path
) -> None:
    assert run(monkeypatch, "train", "B_Lenet_se", "--data", data, "--epochs", 1) == 0
    folder = tmp_path / "models" / "B_Lenet_se"
    assert {path.name for path in folder.iterdir()} == WRITTEN
    report = json.loads((folder / "training.json").read_text())
    weights = (folder / "weights.safetensors").read_bytes()
    assert report["weights_sha256"] == hashlib.sha256(weights).hexdigest()
    assert report["splits"] == {"MNIST train": 512, "MNIST validation": 10_000}
    assert len(report["test_accuracy"]) == 2
    output = capsys.readouterr().out
    assert output.startswith("epoch 1: accuracy")
    assert "B_Lenet_se: weights of epoch 1 of 1" in output


def test_the_same_command_writes_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path
) -> None:
    for folder in ("a", "b"):
        run(
            monkeypatch,
            "train",
            COARSE,
            "--data",
            data,
            "--epochs",
            2,
            "--output",
            folder,
        )
    for name in WRITTEN:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_training_goes_on_from_given_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path
) -> None:
    arguments = ("train", COARSE, "--data", data, "--epochs", 1)
    run(monkeypatch, *arguments, "--output", "first")
    run(monkeypatch, *arguments, "--output", "second", "--from", "first/weights.safetensors")
    losses = [
        json.loads((tmp_path / folder / "training.json").read_text())["epochs"][0]["train_loss"]
        for folder in ("first", "second")
    ]
    assert losses[1] < losses[0]


def test_an_interrupted_training_is_resumed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path
) -> None:
    arguments = ("train", COARSE, "--data", data, "--epochs", 2)
    run(monkeypatch, *arguments, "--output", "uninterrupted")
    with monkeypatch.context() as patch:
        patch.setattr(TrainingProgress, "on_train_epoch_start", interrupt_second_epoch, raising=False)
        assert run(patch, *arguments, "--output", "interrupted") == 130
    assert "the same command with --resume" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "interrupted").iterdir()] == [CHECKPOINT_NAME]

    assert run(monkeypatch, *arguments, "--output", "interrupted", "--resume") == 0

    assert {path.name for path in (tmp_path / "interrupted").iterdir()} == WRITTEN
    for name in WRITTEN:
        expected = (tmp_path / "uninterrupted" / name).read_bytes()
        assert (tmp_path / "interrupted" / name).read_bytes() == expected, name


def test_a_training_that_is_interrupted_in_its_first_epoch_leaves_nothing_to_resume(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path
) -> None:
    arguments = ("train", COARSE, "--data", data, "--epochs", 2, "--output", "mine")
    monkeypatch.setattr(TrainingProgress, "on_train_epoch_start", interrupt_first_epoch, raising=False)
    assert run(monkeypatch, *arguments) == 130
    said = capsys.readouterr().out
    assert "interrupted before an epoch had finished, so there is nothing to resume" in said
    assert "--resume" not in said
    assert not (tmp_path / "mine").exists()


def test_a_training_has_its_folder_to_itself_and_ends_with_143_when_it_is_asked_to_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path
) -> None:
    arguments = (
        "train",
        COARSE,
        "--data",
        data,
        "--epochs",
        10_000,
        "--patience",
        10_000,
    )
    arguments = (*arguments, "--output", "mine")
    script = "from fpga_ee.cli import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as training:
        assert training.stdout is not None
        assert training.stderr is not None
        assert training.stdout.readline().startswith("epoch 1:")
        # Nor is the network checked, which takes seconds.
        monkeypatch.setattr("fpga_ee.flow.check.refuse_early", lambda *_: pytest.fail("it was checked"))
        for more in ((), ("--resume",)):
            assert run(monkeypatch, *arguments, *more) == 2
            assert capsys.readouterr().err == "error: mine is in use by another run: wait for it\n"
        training.terminate()
        out, err = training.communicate()
    assert training.returncode == 143
    assert err == ""
    assert "the same command with --resume goes on" in out
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [CHECKPOINT_NAME]


def test_what_a_training_gives_is_written_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path
) -> None:
    def full(*_: object) -> None:
        raise FpgaEeError("cannot write the last file")

    arguments = ("train", COARSE, "--data", data, "--epochs", 1, "--output", "mine")
    with monkeypatch.context() as patch:
        patch.setattr("fpga_ee.flow.train.write_json", full)
        assert run(patch, *arguments) == 2
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [CHECKPOINT_NAME]

    assert run(monkeypatch, *arguments, "--resume") == 0
    assert {path.name for path in (tmp_path / "mine").iterdir()} == WRITTEN


def test_a_folder_that_cannot_be_written_is_told_before_training(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path
) -> None:
    (tmp_path / "README.md").write_text("a file")
    for folder in ("README.md", "/proc/below"):
        arguments = (
            "train",
            COARSE,
            "--data",
            data,
            "--epochs",
            1,
            "--output",
            folder,
        )
        for more in ((), ("--resume",)):
            assert run(monkeypatch, *arguments, *more) == 2
            captured = capsys.readouterr()
            assert captured.err.startswith("error: cannot ")
            assert captured.err.count("\n") == 1
            assert folder in captured.err
            assert captured.out == "", "no epoch may be trained"
    assert (tmp_path / "README.md").read_text() == "a file"


def interrupt_first_epoch(*_: object) -> None:
    raise KeyboardInterrupt


def interrupt_second_epoch(_: Callback, trainer: Trainer, __: LightningModule) -> None:
    if trainer.current_epoch == 1:
        raise KeyboardInterrupt


def test_training_without_the_test_split_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, data: Path
) -> None:
    folder = tmp_path / "train only"
    folder.mkdir()
    for path in data.glob("train*"):
        (folder / path.name).symlink_to(path)
    assert run(monkeypatch, "train", COARSE, "--data", folder, "--epochs", 1) == 0
    output = capsys.readouterr().out
    assert "no test accuracy:" in output
    assert "not measured" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "B_Lenet_fc"), "error: there is no network B_Lenet_fc;"),
        (("train", "nowhere:Own"), "error: cannot import 'nowhere'"),
        (("train", "B_Lenet", "--epochs", "0"), "error: max_epochs must be at least 1 and at most"),
        (("train", "B_Lenet_se", "--from", "no.pth"), "error: there is no weights file no.pth"),
        (("train", "B_Lenet_se", "--data", "no"), "error: no has neither train-images-idx3-ubyte nor"),
    ],
)
def test_bad_input_ends_with_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    assert run(monkeypatch, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(message)
    assert captured.err.count("\n") == 1
    assert captured.out == ""
