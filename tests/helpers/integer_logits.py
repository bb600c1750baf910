"""Random integer logits, and their softmax in float64."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fpga_ee.artifacts.formats import FixedPoint

SAMPLES = 200
LOGITS = FixedPoint(bits=16, signed=True, frac=4)
"""The format that the flow gives to logits, mostly."""

formats = st.integers(-2, 8).map(lambda frac: FixedPoint(bits=16, signed=True, frac=frac))
seeds = st.integers(0, 2**32)


def random_integers(logits: FixedPoint, seed: int) -> NDArray[np.int64]:
    """Of 200 samples with 2 to 12 classes, from all alike to as far apart as can be."""
    random = np.random.default_rng(seed)
    spread = random.choice([0.1, 1.0, 4.0, 30.0]) / logits.scale
    integers = (random.normal(size=(SAMPLES, random.integers(2, 13))) * spread).round()
    integers[0] = 0
    integers[1, 0], integers[1, 1:] = logits.high, logits.low
    return integers.clip(logits.low, logits.high).astype(np.int64)


def exact_sums(logits: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums over the classes of exp(-x) and exp(-x) x, with x the distance from the largest logit."""
    distances = logits.max(axis=1, keepdims=True) - logits
    weights = np.exp(-distances)
    return weights.sum(axis=1), (weights * distances).sum(axis=1)
