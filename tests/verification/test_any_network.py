"""Whatever network is drawn, its exported files give the bits of PyTorch in every run."""

from collections.abc import Callable
from pathlib import Path

import pytest
from deploying import deploy, verified
from drawn_networks import Drawn, deployments
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = 8
"""Networks for each number of exits."""


@pytest.mark.slow
@pytest.mark.parametrize("exits", [1, 2, 3, 4])
def test_fixed_point_is_exact(exits: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    @given(drawn=deployments(exits=exits))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(drawn: Drawn) -> None:
        folder = tmp_path_factory.mktemp("deployment")
        deployment = deploy(drawn.network, drawn.rules, drawn.images, folder, drawn.widths)
        result = verified(deployment, drawn.images)
        assert result.passed, result.diagnosis
        assert [run.difference.images for run in result.runs] == [()] * 7

    check()
