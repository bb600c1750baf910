"""The exploration of a design space: all designs that no other beats, and the gain of early exits."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from fpga_ee.hardware.search.assessment import Assessment
from fpga_ee.hardware.search.design_space import FrontPoint
from fpga_ee.hardware.search.early_exit_gains import Gain, baseline, gains

FRONT_FILE, FRONT_PICTURE = "front.json", "throughput.png"

BUDGETS = tuple(step / 20 for step in range(1, 21))


@dataclass(frozen=True)
class Exploration:
    """A chosen design, and all designs that no other beats in throughput and share of the board.

    Attributes:
        chosen: The chosen design.
        front: The designs with early exits.
        front_without: The designs without early exits.
        gains: The fastest design of both fronts at every budget.
    """

    chosen: Assessment
    front: tuple[FrontPoint, ...]
    front_without: tuple[FrontPoint, ...]
    gains: tuple[Gain, ...]


def explore(chosen: Assessment, start_progress: Callable[[str, int], Callable[[int], None]]) -> Exploration:
    """Find the fronts of the space of a chosen design.

    Args:
        chosen: The chosen design.
        start_progress: Starts the display of the progress of one front.
    """
    front = chosen.space.front(lambda periods: start_progress("designs with early exits", periods))
    without = baseline(chosen.space, 1.0).front(
        lambda periods: start_progress("without early exits", periods)
    )
    return Exploration(chosen, tuple(front), tuple(without), tuple(gains(front, without, BUDGETS)))


def exploration_record(exploration: Exploration) -> dict[str, Any]:
    """Give the content of the file of an exploration. Throughput is in samples per second."""
    return {
        "network": exploration.chosen.space.graph.name,
        "target": exploration.chosen.space.target.name,
        "board": exploration.chosen.space.budget.board.name,
        "gains": [asdict(gain) for gain in exploration.gains],
        "front": [asdict(point) for point in exploration.front],
        "front_without_exits": [asdict(point) for point in exploration.front_without],
    }
