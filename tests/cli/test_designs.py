"""The verbs pass their options to the step, and print its results."""

from pathlib import Path

import pytest
import typer
from helpers.onnx_files import conditional_model
from typer.testing import CliRunner, Result

from fpga_ee.cli import designs
from fpga_ee.errors import FpgaEeError


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return conditional_model(tmp_path_factory.mktemp("models") / "model.onnx")


def run(*arguments: object) -> Result:
    app = typer.Typer()
    designs.register(app)
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "160"})


def test_an_estimate_is_printed_and_written_beside_the_model(model: Path) -> None:
    result = run("hw-estimate", model, "--late-rate", "0.25", "--throughput", "20000")
    assert result.exit_code == 0, result.output
    assert "samples/s" in result.output
    assert (model.with_suffix("") / "hardware" / "estimate.json").exists()


def test_exploring_prints_the_gain_at_every_budget(model: Path, tmp_path: Path) -> None:
    result = run("hw-explore", model, "--late-rate", "0.25", "--output", tmp_path)
    assert result.exit_code == 0, result.output
    assert "gain of early exits at a budget" in result.output
    assert "100%" in result.output
    assert (tmp_path / "throughput.png").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name an exported network, an ONNX model or a --partition file"),
        (("--board", "none"), "name an exported network"),
        (("MODEL", "--late-rate", "0.25", "--board", "none"), "no board none: choose one of"),
        (("MODEL",), "give --late-rate 1 times"),
        (("MODEL", "--late-rate", "0.5", "--late-rate", "0.2"), "has 2 exits, so it needs 1 late rates"),
        (("MODEL", "--late-rate", "0.25", "--budget", "0.01"), "no design of model fits the budget"),
        (("MODEL", "--late-rate", "0.25", "--buffer", "0"), "must hold at least 1"),
        (("none.onnx", "--late-rate", "0.25"), "cannot read none.onnx"),
        (("MODEL", "--target", "hls"), "no target hls: choose one of fpgaconvnet, rtl"),
        (("MODEL", "--target", "rtl"), "is no folder of `fpga-ee export`"),
        (("--partition", "none.json"), "cannot read none.json"),
        (
            ("--partition", "none.json", "--throughput", "9"),
            "--throughput asks for a search, but --partition",
        ),
    ],
)
def test_bad_input_is_one_message(model: Path, arguments: tuple[str, ...], message: str) -> None:
    given = [model if argument == "MODEL" else argument for argument in arguments]
    result = run("hw-estimate", *given)
    assert isinstance(result.exception, FpgaEeError)
    assert message in str(result.exception)
