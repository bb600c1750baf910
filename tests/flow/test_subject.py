"""Trained weights are searched in the user's folder, then in the package."""

from pathlib import Path

import pytest

from fpga_ee.flow.subject import trained_weights
from fpga_ee.shipped import MODELS


def test_ones_own_trained_weights_come_before_those_of_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert trained_weights("B_Lenet_se") == MODELS / "B_Lenet_se" / "weights.safetensors"
    own = Path("models/B_Lenet_se/weights.safetensors")
    own.parent.mkdir(parents=True)
    own.touch()
    assert trained_weights("B_Lenet_se") == own
    assert trained_weights("B_Lenet") == MODELS / "B_Lenet" / "weights.safetensors"


def test_a_network_that_nobody_trained_has_none() -> None:
    assert trained_weights("Nobody") is None
