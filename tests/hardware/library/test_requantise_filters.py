"""Filters with grids of their own are rounded like one of them alone would be."""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from random import Random

import numpy as np
from helpers.testbench import Case, Outcome, configured, samples

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.library.requantise_filters import RequantiseFilters, grids
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.layers.requantisation import Requantise

Outcomes = Callable[[str], list[Outcome]]


def module_of(layer: Requantise, lanes: int) -> RequantiseFilters:
    entering, leaving = layer.input.format, layer.output.format
    return RequantiseFilters(
        lanes=lanes,
        turns=layer.input.channels // lanes,
        in_bits=entering.bits,
        out_bits=leaving.bits,
        shift=entering.frac - leaving.frac,
        low=layer.low,
        high=layer.high,
        coarser=grids("COARSER", layer.coarser),
    )


def cases() -> dict[str, list[Case]]:
    """Filters of several grids in every lane, or of one grid in the first lane; fewer and more beats."""
    random = Random(10)
    found = []
    for index, (lanes, turns) in enumerate([(2, 1), (4, 1), (1, 5), (2, 3), (3, 2), (5, 4)]):
        for shift, bits, lowest in ((4, 8, -inf), (9, 4, 0), (-1, 16, -inf), (6, 8, -1.25)):
            filters = lanes * turns
            coarser = [random.randint(0, 7) for _ in range(filters)]
            if index % 2:
                coarser[::lanes] = [2] * turns
            coarser[-1] = 0
            maps = FeatureMap(filters, 1, 1, FixedPoint(11, signed=True, frac=shift))
            output = replace(maps, format=FixedPoint(bits, lowest != 0, 0))
            layer = Requantise("r", maps, output, lowest, coarser=tuple(coarser))
            entering = np.random.default_rng(index).integers(-(2**10), 2**10, (300, 1, 1, filters))
            found.append(
                Case(
                    **configured(module_of(layer, lanes)),
                    inputs={"in": samples(entering, lanes, 11)},
                    outputs={"out": samples(layer.computed([entering]), lanes, bits)},
                    stall=random.choice([0, 30, 60]),
                )
            )
    return {"filters": found}


def test_every_filter_is_rounded_from_its_own_grid(outcomes: Outcomes) -> None:
    outcomes("filters")
