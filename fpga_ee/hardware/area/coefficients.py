"""Fit the coefficients of the model on the points of a sweep."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls

from fpga_ee.hardware.area.sweep import Point
from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7

_FLOOR = 10
"""LUTs added to a count before it weighs a point, so that tiny modules do not decide."""


def fit(points: Sequence[Point]) -> dict[str, dict[str, float]]:
    """LUTs a term of every module, none of them negative: least squares, weighed by the root of the count.

    Args:
        points: What was counted.

    Returns:
        Coefficients by module and term, for ``Terms.resources``.
    """
    structures = [(point, point.module.terms(SERIES_7)) for point in points]
    names: dict[str, list[str]] = {}
    for point, structure in structures:
        known = names.setdefault(point.module.NAME, [])
        known += [name for name in structure.fitted if name not in known]
    found = {}
    for module, columns in sorted(names.items()):
        rows = [(point, structure) for point, structure in structures if module == point.module.NAME]
        if columns:
            weights = np.array([1 / np.sqrt(point.takes.lut + _FLOOR) for point, _ in rows])
            grows = np.array([[structure.fitted.get(name, 0) for name in columns] for _, structure in rows])
            wanted = np.array([point.takes.lut - structure.lut for point, structure in rows])
            values, _ = nnls(grows * weights[:, None], wanted * weights)
            found[module] = {
                name: round(float(value), 4) for name, value in zip(columns, values, strict=True)
            }
    return found
