"""Whatever network is drawn, its exported files give the bits of PyTorch in every run."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from deploying import deploy, verified
from drawn_networks import Drawn, deployments
from hypothesis import HealthCheck, Phase, given, reject, settings

from fpga_ee.errors import FpgaEeError

EXAMPLES = 8
"""Networks for each number of exits."""


@contextmanager
def rejected_where(message: str) -> Iterator[None]:
    """Let hypothesis draw another network where this one is rightly refused."""
    try:
        yield
    except FpgaEeError as error:
        if message not in str(error):
            raise
        reject()


@pytest.mark.slow
@pytest.mark.parametrize("exits", [1, 2, 3, 4])
def test_fixed_point_is_exact(exits: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    @given(drawn=deployments(exits=exits))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # each example takes seconds, so a failing one is not made smaller
        suppress_health_check=list(HealthCheck),
    )
    def check(drawn: Drawn) -> None:
        folder = tmp_path_factory.mktemp("deployment")
        # Values that shrink from layer to layer get grids so fine that a bias may be too large for them.
        with rejected_where("an accumulator could reach"):
            deployment = deploy(drawn.network, drawn.rules, drawn.images, folder, drawn.widths)
        result = verified(deployment, drawn.images)
        assert result.passed, result.diagnosis
        assert not any(run.difference.images for run in result.runs)

    check()
