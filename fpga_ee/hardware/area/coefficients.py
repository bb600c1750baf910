"""Fits the coefficients of the area model to the points of a sweep."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from fpga_ee.hardware.area.sweep import Point
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7

_FLOOR = 10
"""LUTs that are added to a count before it weighs a point, so that tiny modules do not decide the fit."""


def fit(points: Sequence[Point]) -> dict[str, dict[str, float]]:
    """Fit the LUTs per term of every module: non-negative least squares, weighted by the count's root.

    Args:
        points: The points of a sweep.

    Returns:
        Coefficients by module and term, as ``Terms.resources`` takes them.
    """
    structures = [(point, point.module.terms(SERIES_7)) for point in points]
    names: dict[str, list[str]] = {}
    for point, structure in structures:
        known = names.setdefault(point.module.NAME, [])
        known += [name for name in structure.fitted if name not in known]
    found = {}
    for module, terms in sorted(names.items()):
        rows = [(point, structure) for point, structure in structures if module == point.module.NAME]
        if terms:
            weights = np.array([1 / np.sqrt(point.takes.lut + _FLOOR) for point, _ in rows])
            grows = np.array([[structure.fitted.get(name, 0) for name in terms] for _, structure in rows])
            wanted = np.array([point.takes.lut - structure.lut for point, structure in rows])
            values, _ = nnls(grows * weights[:, None], wanted * weights)
            found[module] = {name: round(float(value), 4) for name, value in zip(terms, values, strict=True)}
    return found
