"""The exit decisions in hardware, against the integer rule that the software uses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.entropy import ENTROPY, IntegerEntropy
from fpga_ee.artifacts.rules.top1 import TOP1, IntegerTop1
from fpga_ee.hardware.network.memories import table_lines
from fpga_ee.hardware.timing.cycles import VERDICT

from .testbench import Case, Outcome, Stream

CLASSES = 10
LOGITS = FixedPoint(16, signed=True, frac=4)


def _logits(count: int, seed: int, classes: int) -> np.ndarray:
    """Logits of all kinds of confidence, with ties and with distances beyond the tables."""
    generator = np.random.default_rng(seed)
    spread = generator.choice([1, 20, 60, 200, 30_000], (count, 1))
    return np.clip(
        (generator.standard_normal((count, classes)) * spread).round(), -(2**15), 2**15 - 1
    ).astype(int)


def _case(
    rule: IntegerTop1 | IntegerEntropy,
    name: str,
    stall: int,
    rewritten: IntegerTop1 | IntegerEntropy | None = None,
    classes: int = CLASSES,
) -> Case:
    """A decision on 300 samples; where another one is given, its bound is written at run time."""
    logits = _logits(300, stall, classes)
    wanted = (rewritten or rule)(logits)
    ids = [index * 7 % 65536 for index in range(len(logits))]
    verdicts = [int(take) << 16 | number for take, number in zip(wanted, ids, strict=True)]
    parameters: dict[str, int | str] = {
        "CLASSES": classes,
        "ENTRIES": len(rule.exponentials),
        "EXPONENTIALS": f"{name}_e.hex",
    }
    files = {f"{name}_e.hex": table_lines(rule.exponentials, 17)}
    ports = {"bound_write": "1'b0", "bound_data": "0"}
    if isinstance(rule, IntegerEntropy):
        files[f"{name}_w.hex"] = table_lines(rule.weighted, 17)
        files[f"{name}_b.hex"] = table_lines(rule.bounds, 32)
        parameters |= {
            "SHIFT": rule.shift,
            "BOUND_ENTRIES": len(rule.bounds),
            "WEIGHTED": f"{name}_w.hex",
            "BOUNDS": f"{name}_b.hex",
        }
        ports["bound_address"] = "0"
        if isinstance(rewritten, IntegerEntropy):
            ports |= {"bound_write": "1'b1", "bound_data": f"32'd{rewritten.bounds[0]}"}
    else:
        parameters["BOUND"] = rule.bound
        if isinstance(rewritten, IntegerTop1):
            ports = {"bound_write": "1'b1", "bound_data": f"32'd{rewritten.bound}"}
    criterion = ENTROPY if isinstance(rule, IntegerEntropy) else TOP1
    last = [index == classes - 1 for _ in logits for index in range(classes)]
    return Case(
        f"exit_decision_{criterion}",
        parameters,
        {
            "in": Stream(16, [int(word) & 0xFFFF for word in logits.reshape(-1)], last),
            "id": Stream(16, ids, [True] * len(ids)),
        },
        {"out": Stream(17, verdicts, [True] * len(ids))},
        stall,
        files,
        ports,
        without_last=("id", "out"),
    )


def _first_bound_0(rule: IntegerEntropy) -> np.ndarray:
    """Bounds by which the surest samples go on."""
    bounds = rule.bounds.copy()
    bounds[0] = 0
    return bounds


def _written_beyond(rule: IntegerEntropy) -> Case:
    """A write of a bound that there is not, whose address has the lowest bits of the first."""
    address = 1 << (len(rule.bounds) - 1).bit_length()
    ports = {"bound_write": "1'b1", "bound_data": "0", "bound_address": f"16'd{address}"}
    return replace(_case(rule, "z", 0), ports=ports)


def cases() -> dict[str, list[Case]]:
    top1 = {t: TOP1.integer_rule(t, LOGITS) for t in (0.5, 0.9, 0.99)}
    entropy = {t: ENTROPY.integer_rule(t, LOGITS) for t in (0.05, 0.3, 1.0)}
    return {
        "top1": [
            _case(top1[t], f"t{i}", stall) for i, (t, stall) in enumerate([(0.5, 0), (0.9, 30), (0.99, 60)])
        ],
        "entropy": [
            _case(entropy[t], f"n{i}", stall)
            for i, (t, stall) in enumerate([(0.05, 0), (0.3, 30), (1.0, 60)])
        ],
        "written": [
            _case(top1[0.5], "x", 0, rewritten=top1[0.99]),
            _case(entropy[0.3], "y", 0, rewritten=replace(entropy[0.3], bounds=_first_bound_0(entropy[0.3]))),
        ],
        "beyond": [_written_beyond(entropy[0.3])],
        "few classes": [
            _case(rule, f"{kind}{classes}_{stall}", stall, classes=classes)
            for kind, rule in (("f", top1[0.9]), ("g", entropy[0.3]))
            for classes in (1, 2, 3, 4)
            for stall in (60, 85)
        ],
    }


Outcomes = Callable[[str], list[Outcome]]


def _takes(outcome: Outcome) -> set[bool]:
    return {bool(data >> 16) for _, data, _ in outcome.taken["out"]}


def test_top1_takes_what_the_integer_rule_takes(outcomes: Outcomes) -> None:
    for outcome in outcomes("top1"):
        assert _takes(outcome) == {True, False}


def test_entropy_takes_what_the_integer_rule_takes(outcomes: Outcomes) -> None:
    for outcome in outcomes("entropy"):
        assert _takes(outcome) == {True, False}


def test_a_threshold_written_at_run_time_counts(outcomes: Outcomes) -> None:
    outcomes("written")


def test_a_threshold_written_beyond_the_last_is_ignored(outcomes: Outcomes) -> None:
    outcomes("beyond")


def test_samples_of_few_logits_keep_their_largest_while_a_verdict_waits(outcomes: Outcomes) -> None:
    """A whole sample may follow before the one before the last is subtracted from its largest."""
    outcomes("few classes")


def test_a_verdict_takes_as_many_cycles_as_logits(outcomes: Outcomes) -> None:
    for group, interval in (("top1", CLASSES), ("entropy", CLASSES + 2)):
        cycles = outcomes(group)[0].cycles("out")
        assert cycles[-1] - cycles[-101] == 100 * interval


def test_a_verdict_is_as_late_as_the_model_says(outcomes: Outcomes) -> None:
    """A bench begins in its cycle 1, so a sample's last logit is taken in cycle CLASSES."""
    for criterion, cycles in VERDICT.items():
        assert outcomes(criterion)[0].cycles("out")[0] == CLASSES + cycles + CLASSES
