"""The draws of property tests: the same cases on every machine, or fresh ones and many more of them.

``make test-random`` sets ``DRAW_SEED`` and ``DRAW_TIMES``; without a seed, every run draws the same cases.
"""

import os
from importlib import import_module

import torch
from hypothesis import HealthCheck, register_random, settings

SEED = os.environ.get("DRAW_SEED")
"""The seed of fresh cases; None for the cases that are always the same."""

TIMES = int(os.environ.get("DRAW_TIMES", "1"))
"""The factor of the number of cases."""


def draws(usual: int) -> int:
    """Give the number of cases for a property that usually gets ``usual`` cases."""
    return usual * TIMES


class TorchRandom:
    """Random numbers of torch, as hypothesis wants them, so that it can seed them before every case."""

    seed = staticmethod(torch.manual_seed)
    getstate = staticmethod(torch.get_rng_state)
    setstate = staticmethod(torch.set_rng_state)


_TORCH_RANDOM = TorchRandom()


def set_up() -> None:
    """Make hypothesis draw by ``SEED`` and ``TIMES``, and by nothing else."""
    register_random(_TORCH_RANDOM)
    common = settings(
        max_examples=draws(100),
        # A failure is repeated by its seed or its blob, not by files that were left here.
        database=None,
        # Time says nothing on a machine that runs other tests beside this one.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    settings.register_profile("same", common, derandomize=True)
    settings.register_profile("fresh", common, derandomize=False)
    settings.load_profile("same" if SEED is None else "fresh")
    _ignore_loaded_modules()
    if SEED is not None:
        import_module("hypothesis.core").global_force_seed = int(SEED)


def _ignore_loaded_modules() -> None:
    """Hypothesis also draws the numbers and texts that stand in modules of ours that happen to be loaded.

    Which are loaded depends on the tests that ran before in the same process.
    """
    providers = import_module("hypothesis.internal.conjecture.providers")
    assert callable(providers._get_local_constants)
    providers._get_local_constants = lambda: providers._local_constants
