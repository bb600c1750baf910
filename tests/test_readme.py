"""The commands of README.md work as they are written."""

import re
import shlex
import sys
from pathlib import Path

import pytest

from fpga_ee import cli
from fpga_ee.artifacts.manifest import load_manifest
from fpga_ee.files.reading import read_json

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def code_block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    return next(block for block in blocks if containing in block)


@pytest.mark.slow
def test_ones_own_network_goes_through_the_whole_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mnist: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_network.py").write_text(code_block("python", "class TwoExits"), encoding="utf-8")
    for command in code_block("sh", "my_network:TwoExits").splitlines():
        # Only where the digits come from is added: the tests have no internet.
        monkeypatch.setattr(sys, "argv", [*shlex.split(command), "--data", str(mnist)])
        if "train" in command:
            sys.argv += ["--epochs", "2"]
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code, command
    assert read_json(tmp_path / "build/TwoExits/verification.json")["passed"]
    assert load_manifest(tmp_path / "build/TwoExits").source == "my_network:TwoExits"


def test_ones_own_network_takes_about_ten_lines() -> None:
    lines = [line for line in code_block("python", "class TwoExits").splitlines() if line.strip()]
    assert len(lines) <= 12


def test_every_verb_is_listed() -> None:
    listed = set(re.findall(r"^\| `fpga-ee ([\w-]+)", README, flags=re.MULTILINE))
    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    assert listed == known


def test_every_make_target_it_names_exists() -> None:
    named = set(re.findall(r"`make ([\w-]+)", README))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert named <= set(re.findall(r"^([\w-]+):", makefile, flags=re.MULTILINE))


def test_ci_runs_what_it_tells_people_to_run() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for target in ("lint", "test", "export"):
        assert f"make {target}" in ci
        assert f"`make {target}" in README
