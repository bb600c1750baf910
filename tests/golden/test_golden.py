"""The output of the flow for known networks equals the golden record, so it changes only on purpose.

``make golden-record`` records an intended change, and its commit gives the reason.
"""

import json
import os
from pathlib import Path

import pytest
from golden.networks import DRAWN, NAMED
from golden.record import RECORD, library, record

RECORDED = json.loads(RECORD.read_text(encoding="utf-8"))

SAMPLE = ("B_Lenet_fcn", "B_Lenet_se", *DRAWN[1::8])
"""The networks of every run of the tests; ``make golden`` compares all."""

NETWORKS = (*NAMED, *DRAWN) if os.environ.get("GOLDEN") == "all" else SAMPLE


def test_the_modules_of_the_library_are_as_recorded() -> None:
    assert library() == RECORDED["library"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_files_designs_and_estimates_are_as_recorded(name: str, tmp_path: Path) -> None:
    assert record(name, tmp_path / name) == RECORDED[name]


def test_every_network_is_recorded() -> None:
    assert RECORDED.keys() == {"library", *NAMED, *DRAWN}
