"""For any network and any decisions, a batch of any size gives PyTorch's bits for every image."""

from collections.abc import Callable
from functools import partial
from itertools import product
from operator import attrgetter

import numpy as np
import pytest
from helpers.deploying import export_quantized, load
from helpers.drawn_networks import Drawn, deployments
from helpers.draws import draws
from helpers.onnx_graphs import change_constant
from helpers.thresholds import EXTREMES, Extremes
from hypothesis import HealthCheck, Phase, given, settings
from test_verify_any_network import rejected_where

from fpga_ee.artifacts.running import Level
from fpga_ee.verification import onnx_runtime, pytorch
from fpga_ee.verification.answers import Answers, answers_of_exits, compare
from fpga_ee.verification.deployment import Deployment
from fpga_ee.verification.verify import BATCH_SIZES

EXAMPLES = 3
"""Networks for each number of exits."""

IMAGES = 300
"""So that the largest batches are full, and the last ones are not."""

NOBODY, EVERYBODY = attrgetter("nobody"), attrgetter("everybody")


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize("exits", [1, 2, 3, 4])
def test_every_batch_gives_the_same(exits: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    @given(drawn=deployments(exits=exits))
    @settings(
        max_examples=draws(EXAMPLES),
        phases=[Phase.generate],  # as for any network
        suppress_health_check=list(HealthCheck),
    )
    def check(drawn: Drawn) -> None:
        folder = tmp_path_factory.mktemp("deployment")
        with rejected_where("an accumulator could reach"):
            export_quantized(drawn.network, drawn.quantized(), drawn.rules, folder)
        deployment = load(drawn.network, folder)
        images = np.random.default_rng(0).choice(drawn.images, IMAGES)
        answers = pytorch.batched(deployment, images, lambda _: None)
        assert answers.every_exit is not None
        assert_all_ways_give(answers, deployment, images)
        for bound, exit_index in ((NOBODY, exits - 1), (EVERYBODY, 0)):
            let_leave(bound, deployment)
            indices = np.full(IMAGES, exit_index)
            assert_all_ways_give(answers_of_exits(answers.every_exit, indices), deployment, images)

    check()


def assert_all_ways_give(expected: Answers, deployment: Deployment, images: np.ndarray) -> None:
    for file, sizes in ((deployment.manifest.conditional, (1,)), (deployment.manifest.batch, BATCH_SIZES)):
        for size, level in product(sizes, Level):
            answers = onnx_runtime.conditional(deployment.folder / file, size, level, images, lambda _: None)
            assert not compare(answers, expected).images, (file, size, level)


def let_leave(bound: Callable[[Extremes], int], deployment: Deployment) -> None:
    """Give the decisions of both conditional models a bound by which all leave, or none."""
    for stage, rule in enumerate(deployment.rules):
        extremes = EXTREMES[rule.criterion.name]
        name, value = f"decision_{stage}.{extremes.constant}", bound(extremes)
        for file in (deployment.manifest.conditional, deployment.manifest.batch):
            change_constant(deployment.folder / file, name, partial(np.full_like, fill_value=value))
