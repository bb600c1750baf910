"""The wheel, installed without a repository: it holds all files of the verbs, and every verb works."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from fpga_ee import __version__
from fpga_ee.files.reading import read_json

ROOT = Path(__file__).parents[1]
SOURCES = ("fpga_ee", "hw", "models", "setup.py", "pyproject.toml", "README.md", "LICENSE")
SHIPPED_NETWORKS = {"B_Lenet", "B_Lenet_fcn", "B_Lenet_se", "B_Lenet_cifar", "B_Alexnet_cifar", "TW_SmallCNN"}

TINY = """
from torch import nn
from fpga_ee.networks.early_exit import EarlyExitNetwork


class Tiny(EarlyExitNetwork):
    def __init__(self) -> None:
        first = nn.Sequential(nn.Conv2d(1, 2, 4, stride=4), nn.ReLU(), nn.MaxPool2d(3))
        second = nn.Sequential(nn.Conv2d(2, 4, 2), nn.ReLU())
        exits = [nn.Sequential(nn.Flatten(), nn.Linear(size, 10)) for size in (8, 4)]
        super().__init__(
            backbone=[first, second], exits=exits, exit_loss_weights=[1.0, 0.3], input_shape=(1, 28, 28)
        )
"""

STEPS_OF_DEPLOY = {"quantize", "export", "verify"}

# Placing takes half a minute. What it needs of the package is read here, and Yosys looks whether it is all.
READ_BEHIND_PINS = """
from pathlib import Path
from fpga_ee.hardware.tools import yosys
from fpga_ee.hardware.design.generate import load
from fpga_ee.hardware.synthesis.route import behind_pins
from fpga_ee.hardware.fpga.families.ecp5 import FAMILY as ECP5
from fpga_ee.hardware.synthesis.synthesise import elaborated
from fpga_ee.hardware.tools.workplace import workplace
folder = Path("build/Tiny/rtl")
top = behind_pins(load(folder.parent, folder).diagram)
with workplace(folder, "synthesis") as work:
    reading = elaborated(folder, work, ECP5, top.module, top.parameters, top.sources)
    yosys.run([*reading, "hierarchy -check"], work, work / "yosys.log")
"""

WITHOUT_FPGACONVNET = """
import sys
sys.modules["fpgaconvnet"] = None
from fpga_ee.cli import main
main()
"""


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and a folder to work in."""

    environment: Path
    here: Path

    def fpga_ee(self, *arguments: object) -> str:
        """Run the command, which must succeed, and give its output."""
        return self._succeeds(str(self.environment / "bin" / "fpga-ee"), *map(str, arguments))

    def python(self, script: str) -> str:
        """Run a script, which must succeed, and give its output."""
        return self._succeeds(str(self.environment / "bin" / "python"), "-c", script)

    def without_fpgaconvnet(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run the command as if fpgaconvnet-model were not installed."""
        python = self.environment / "bin" / "python"
        command = [str(python), "-c", WITHOUT_FPGACONVNET, *map(str, arguments)]
        return subprocess.run(command, cwd=self.here, capture_output=True, text=True, check=False)

    def _succeeds(self, *command: str) -> str:
        wide = os.environ | {"COLUMNS": "200"}
        ran = subprocess.run(command, cwd=self.here, env=wide, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
        return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made of the source distribution: so that one holds all that is needed, too."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("made")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    # Where somebody has trained it.
    (source / "models" / "C_Alexnet_SVHN").mkdir(exist_ok=True)
    (source / "models" / "C_Alexnet_SVHN" / "weights.safetensors").touch()
    script = f"from setuptools import build_meta; build_meta.build_sdist({str(made)!r})"
    subprocess.run([sys.executable, "-c", script], cwd=source, check=True, capture_output=True)
    (sdist,) = made.iterdir()
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(made), str(sdist))
    (wheel,) = made.glob("*.whl")
    return wheel


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Installed:
    """A fresh environment with the wheel, beside the packages that the tests run with."""
    environment, here = tmp_path / "environment", tmp_path / "here"
    here.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    # As a plain folder on the path: what makes the clone importable there is not read.
    (packages / "beside.pth").write_text(sysconfig.get_path("purelib"))
    pip(
        *("--python", str(environment / "bin" / "python"), "install"),
        *("--no-deps", "--ignore-installed", str(wheel)),
    )
    return Installed(environment, here)


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    done = subprocess.run([*command, "--no-index"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def verbs(told: str) -> set[str]:
    """The verbs that the help lists, each at the beginning of a line of its table."""
    return set(re.findall(r"^│ ([a-z][a-z-]*) ", told, flags=re.MULTILINE))


def names(folder: str, pattern: str) -> set[str]:
    """Files of the clone, by their path in it."""
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).glob(pattern) if path.is_file()}


def test_the_wheel_holds_all_that_a_user_needs_and_no_more(wheel: Path) -> None:
    files = set(zipfile.ZipFile(wheel).namelist())
    of_hardware = names("hw", "[!f]*/*") - {"hw/area/xc7.jsonl"}
    of_models = {
        f"models/{network}/{name}"
        for network in SHIPPED_NETWORKS
        for name in ("weights.safetensors", "training.json")
    }
    data = names("fpga_ee/datasets", "embedded/*") | {"fpga_ee/py.typed"}
    inside = {f"fpga_ee/{name}" for name in of_hardware | of_models}
    described = {name for name in files if name.startswith(f"fpga_ee-{__version__}.dist-info/")}
    assert files - described == names("fpga_ee", "**/*.py") | data | inside
    assert wheel.stat().st_size < 8_000_000


def test_the_wheel_says_under_which_licences_its_code_and_its_digits_are(wheel: Path) -> None:
    described = f"fpga_ee-{__version__}.dist-info"
    files = zipfile.ZipFile(wheel)
    metadata = files.read(f"{described}/METADATA").decode()
    assert "\nLicense-Expression: Apache-2.0 AND CC-BY-SA-3.0\n" in metadata
    licences = f"{described}/licenses"
    assert b"Apache License" in files.read(f"{licences}/LICENSE")
    assert b"CC BY-SA 3.0" in files.read(f"{licences}/fpga_ee/datasets/embedded/README.md")


@pytest.mark.slow
def test_every_verb_works_outside_of_the_repository(installed: Installed, mnist: Path) -> None:
    (installed.here / "tiny.py").write_text(TINY)
    build = "build/Tiny"
    done = set()

    def runs(verb: str, *arguments: object) -> str:
        done.add(verb)
        return installed.fpga_ee(verb, *arguments)

    assert installed.fpga_ee("--version") == f"fpga-ee {__version__}\n"
    trained = set(re.findall(r"^│ (\w+) .* yes +│$", runs("networks"), flags=re.MULTILINE))
    assert trained == SHIPPED_NETWORKS
    assert "All exits together" in runs("calibrate", "B_Lenet_se")

    runs("check", "tiny:Tiny")
    runs("train", "tiny:Tiny", "--data", mnist, "--epochs", 1)
    assert (installed.here / "models/Tiny/weights.safetensors").is_file()
    assert "PROVEN: on 10,000 of 10,000 images" in runs("deploy", "tiny:Tiny")

    runs("hw-estimate", build, "--target", "rtl", "--board", "zedboard")
    runs("hw-explore", build, "--output", "explored")
    runs("hw-fastest", build, "--board", "zedboard", "--budget", "0.1")
    runs("hw-generate", build, "--design", "smallest")
    assert "is ONNX Runtime's in every bit" in runs("hw-simulate", build, "--images", 2)
    runs("hw-synth", build, "--board", "ecp5-85f")
    assert read_json(installed.here / build / "rtl/synthesis_ecp5.json")["total"]["dsp"] > 0
    installed.python(READ_BEHIND_PINS)
    done.add("hw-route")

    assert done | STEPS_OF_DEPLOY == verbs(installed.fpga_ee("--help"))
    refused = installed.without_fpgaconvnet("hw-estimate", build)
    assert refused.returncode == 2
    assert "pip install --no-deps fpgaconvnet-model==0.1.4.2" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
