"""The calibration as a table and as a picture."""

from collections.abc import Iterable
from pathlib import Path

from matplotlib.ticker import PercentFormatter
from rich.table import Table

from fpga_ee.exits.calibration import Calibration, SweepPoint
from fpga_ee.reporting.picture import picture
from fpga_ee.reporting.text import exit_rule, percent, threshold

_EXIT_RATES = (0.25, 0.5, 0.75, 0.9, 0.95, 1.0)
"""Exit rates that the table shows beside the chosen one."""

_STAYING = (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
"""Ticks of the picture: shares of images that stay."""


def calibration_table(network: str, calibration: Calibration) -> Table:
    """Show every early exit's sweep at a few exit rates, and the chosen threshold.

    A network with a single exit has no row.
    """
    table = Table(title=f"{network}: calibration of the exits")
    for heading in ("exit", "rule", "exit rate", "accuracy left", "accuracy stayed", "combined"):
        table.add_column(heading, justify="left" if heading in ("exit", "rule") else "right")
    for index, (rule, sweep) in enumerate(zip(calibration.rules, calibration.sweeps, strict=True)):
        for point in _shown(sweep, rule.threshold):
            chosen = point.threshold == rule.threshold
            table.add_row(
                str(index),
                exit_rule(rule.criterion, point.threshold) + (" (chosen)" if chosen else ""),
                percent(point.exit_rate),
                _optional(point.accuracy_left),
                _optional(point.accuracy_stayed),
                percent(point.accuracy),
                style="bold" if chosen else None,
            )
    outcome = calibration.outcome
    table.caption = (
        f"All exits together: {percent(outcome.accuracy)} right, "
        f"{', '.join(percent(rate) for rate in outcome.exit_rates)} leaving at the exits in turn. "
        f"Last exit alone: {percent(outcome.exit_accuracies[-1])} right."
    )
    return table


def write_calibration_png(network: str, calibration: Calibration, path: Path) -> None:
    """Draw accuracy against exit rate, in one panel per early exit, with the chosen thresholds marked.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    panels = len(calibration.sweeps)
    with picture(path, (7, 4.2 * panels)) as figure:
        last = calibration.outcome.exit_accuracies[-1]
        for index, (axes, sweep, rule) in enumerate(
            zip(
                figure.subplots(panels, squeeze=False)[:, 0],
                calibration.sweeps,
                calibration.rules,
                strict=True,
            )
        ):
            # Exits are chosen where few images stay, so a logarithmic axis gives that end more room.
            drawn = [point for point in sweep if point.exit_rate < 1]
            stay = [1 - point.exit_rate for point in drawn]
            axes.axhline(last, color="#8a8a8a", linewidth=1, linestyle=":", label="last exit alone")
            for name, values, colour in (
                ("left at this exit", _gaps(point.accuracy_left for point in drawn), "#2e8b57"),
                ("stayed, at the last exit", _gaps(point.accuracy_stayed for point in drawn), "#c98a1b"),
                ("combined", [point.accuracy for point in drawn], "#1f5fa8"),
            ):
                axes.plot(stay, values, color=colour, marker=".", markersize=3, linewidth=1.2, label=name)
            chosen = next(point for point in sweep if point.threshold == rule.threshold)
            axes.plot(
                max(1 - chosen.exit_rate, min(stay, default=1)),
                chosen.accuracy,
                color="#c0392b",
                marker="o",
                markersize=7,
                linestyle="none",
                label=f"chosen: {rule.criterion} {threshold(rule.threshold)}",
            )
            axes.set_xscale("log")
            axes.invert_xaxis()
            ticks = [tick for tick in _STAYING if tick >= min(stay, default=1)]
            axes.set_xticks(ticks, [f"{100 * (1 - tick):.4g} %" for tick in ticks])
            axes.minorticks_off()
            # The images that stay become few and hard towards the right; they must not squeeze the other
            # curves.
            axes.set_ylim(min([last, *(point.accuracy for point in drawn)]) - 0.01, 1.001)
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=2))
            axes.set_xlabel(f"images that leave at exit {index}")
            axes.set_ylabel("accuracy")
            axes.set_title(f"{network}: exit {index}")
            axes.grid(visible=True, color="#e6e6e6", linewidth=0.6)
            axes.set_axisbelow(True)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False, fontsize=8)


def _shown(sweep: tuple[SweepPoint, ...], chosen: float) -> list[SweepPoint]:
    nearest = {min(sweep, key=lambda point: abs(point.exit_rate - rate)).threshold for rate in _EXIT_RATES}
    return [point for point in sweep if point.threshold in nearest | {chosen}]


def _optional(share: float | None) -> str:
    return "-" if share is None else percent(share)


def _gaps(values: Iterable[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
