"""Whatever network is drawn, its exported files give the bits of PyTorch in every run.

The networks are drawn in small sets, so that the sets can be shared out to processor cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from helpers.deploying import deployed, verified
from helpers.drawn_networks import Drawn, deployments
from helpers.draws import SEED, draws
from hypothesis import HealthCheck, Phase, given, reject, seed, settings

from fpga_ee.errors import FpgaEeError

SET = 10
"""Networks of a set."""

SETS = {1: 7, 2: 7, 3: 4, 4: 2}
"""Sets for each number of exits."""

RIGHTLY_REFUSED = ("an accumulator could reach", "a sum could reach")
"""Values that shrink from layer to layer get grids so fine that a bias, or another operand, is too large."""


@contextmanager
def rejected_where(*messages: str) -> Iterator[None]:
    """Let hypothesis draw another network where this one is rightly refused."""
    try:
        yield
    except FpgaEeError as error:
        if not any(message in str(error) for message in messages):
            raise
        reject()


def test_there_are_at_least_200_networks() -> None:
    assert SET * sum(SETS.values()) >= 200


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize(
    ("exits", "number"), [(exits, number) for exits, sets in SETS.items() for number in range(sets)]
)
def test_fixed_point_is_exact(exits: int, number: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    proven = []

    @seed(int(SEED or 0) + number)
    @given(drawn=deployments(exits=exits))
    @settings(
        max_examples=draws(SET),
        phases=[Phase.generate],  # each example takes a second, so a failing one is not made smaller
        suppress_health_check=list(HealthCheck),
    )
    def check(drawn: Drawn) -> None:
        with rejected_where(*RIGHTLY_REFUSED):
            quantized = drawn.quantized()
        deployment = deployed(drawn.network, quantized, drawn.rules, tmp_path_factory.mktemp("deployment"))
        result = verified(deployment, drawn.images)
        assert result.passed, result.diagnosis
        assert not any(run.difference.images for run in result.runs)
        proven.append(drawn)

    check()
    assert len(proven) >= SET
