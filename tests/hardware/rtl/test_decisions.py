"""The exit decisions in hardware, against the integer rule that the software uses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.artifacts.rules.entropy import ENTROPY, IntegerEntropy
from fpga_ee.artifacts.rules.margin import IntegerMargin
from fpga_ee.artifacts.rules.top1 import TOP1, IntegerTop1
from fpga_ee.hardware.network.memories import table_lines
from fpga_ee.hardware.timing.cycles import VERDICT

from .testbench import Case, Outcome, Stream

CLASSES = 10
LOGITS = FixedPoint(16, signed=True, frac=4)


def _logits(count: int, seed: int, classes: int, bits: int) -> np.ndarray:
    """Logits of all kinds of confidence, with ties and with distances beyond the tables; some saturate."""
    generator = np.random.default_rng(seed)
    spread = generator.choice([1, 20, 60, 200, 30_000], (count, 1))
    high = 2 ** (bits - 1) - 1
    return np.clip((generator.standard_normal((count, classes)) * spread).round(), -high - 1, high).astype(
        int
    )


Rule = IntegerTop1 | IntegerEntropy | IntegerMargin


def _case(
    rule: Rule,
    name: str,
    stall: int,
    *,
    rewritten: Rule | None = None,
    classes: int = CLASSES,
    bits: int = 16,
) -> Case:
    """A decision on 300 samples; where another one is given, its bound is written at run time."""
    logits = _logits(300, stall, classes, bits)
    wanted = (rewritten or rule)(logits)
    ids = [index * 7 % 65536 for index in range(len(logits))]
    verdicts = [int(take) << 16 | number for take, number in zip(wanted, ids, strict=True)]
    last = [index == classes - 1 for _ in logits for index in range(classes)]
    module, parameters, files, ports = _built(rule, name, classes)
    write = {"bound_write": "1'b0", "bound_data": "0"}
    if rewritten is not None:
        write = {"bound_write": "1'b1", "bound_data": f"32'd{_first_bound(rewritten)}"}
    return Case(
        module,
        parameters if bits == 16 else parameters | {"BITS": bits},
        {
            "in": Stream(bits, [int(word) & ((1 << bits) - 1) for word in logits.reshape(-1)], last),
            "id": Stream(16, ids, [True] * len(ids)),
        },
        {"out": Stream(17, verdicts, [True] * len(ids))},
        stall,
        files,
        ports | write,
        without_last=("id", "out"),
    )


Built = tuple[str, dict[str, int | str], dict[str, list[str]], dict[str, str]]
"""Module, parameters, files of memories, and ports beside those that all decisions have."""


def _built(rule: Rule, name: str, classes: int) -> Built:
    match rule:
        case IntegerMargin():
            return "exit_decision_margin", {"BOUND": rule.bound}, {}, {}
        case IntegerTop1():
            parameters, files = _table(rule.exponentials, name, classes)
            return "exit_decision_top1", parameters | {"BOUND": rule.bound}, files, {}
        case IntegerEntropy():
            parameters, files = _table(rule.exponentials, name, classes)
            weighted, bounds = f"{name}_w.hex", f"{name}_b.hex"
            files |= {weighted: table_lines(rule.weighted, 17), bounds: table_lines(rule.bounds, 32)}
            parameters |= {"SHIFT": rule.shift, "BOUND_ENTRIES": len(rule.bounds)}
            parameters |= {"WEIGHTED": weighted, "BOUNDS": bounds}
            return "exit_decision_entropy", parameters, files, {"bound_address": "0"}


def _table(
    exponentials: np.ndarray, name: str, classes: int
) -> tuple[dict[str, int | str], dict[str, list[str]]]:
    parameters = {"CLASSES": classes, "ENTRIES": len(exponentials), "EXPONENTIALS": f"{name}_e.hex"}
    return parameters, {f"{name}_e.hex": table_lines(exponentials, 17)}


def _first_bound(rule: Rule) -> int:
    return int(rule.bounds[0]) if isinstance(rule, IntegerEntropy) else rule.bound


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
        "margin": [
            _case(IntegerMargin(bound), f"m{i}", stall)
            for i, (bound, stall) in enumerate([(5, 0), (35, 30), (300, 60)])
        ],
        "margin of narrow logits": [
            _case(IntegerMargin(bound), f"l{bits}_{bound}", 30, bits=bits)
            for bits, bound in ((4, 3), (8, 60))
        ],
        "bounds of a margin at the ends": [
            _case(IntegerMargin(bound), f"o{bound}", 0, classes=2) for bound in (0, 65534, 65535, 2**31 - 1)
        ],
        "written": [
            _case(IntegerMargin(5), "w", 0, rewritten=IntegerMargin(300)),
            _case(top1[0.5], "x", 0, rewritten=top1[0.99]),
            _case(entropy[0.3], "y", 0, rewritten=replace(entropy[0.3], bounds=_first_bound_0(entropy[0.3]))),
        ],
        "beyond": [_written_beyond(entropy[0.3])],
        "few classes": [
            _case(rule, f"{kind}{classes}_{stall}", stall, classes=classes)
            for kind, rule, least in (
                ("f", top1[0.9], 1),
                ("g", entropy[0.3], 1),
                ("h", IntegerMargin(20), 2),
            )
            for classes in range(least, 5)
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


def test_margin_takes_what_the_integer_rule_takes(outcomes: Outcomes) -> None:
    for group in ("margin", "margin of narrow logits"):
        for outcome in outcomes(group):
            assert _takes(outcome) == {True, False}


def test_a_margin_is_told_up_to_the_ends_of_its_range(outcomes: Outcomes) -> None:
    """Of saturated logits it is as wide as a logit, without a sign; of equal ones it is above no bound."""
    any_, widest, wider, widest_bound = outcomes("bounds of a margin at the ends")
    assert _takes(any_) == _takes(widest) == {True, False}
    assert _takes(wider) == _takes(widest_bound) == {False}


def test_a_threshold_written_at_run_time_counts(outcomes: Outcomes) -> None:
    outcomes("written")


def test_a_threshold_written_beyond_the_last_is_ignored(outcomes: Outcomes) -> None:
    outcomes("beyond")


def test_samples_of_few_logits_keep_their_largest_while_a_verdict_waits(outcomes: Outcomes) -> None:
    """A whole sample may follow before the one before the last is subtracted from its largest."""
    outcomes("few classes")


def test_a_verdict_takes_as_many_cycles_as_logits(outcomes: Outcomes) -> None:
    for group, interval in (("top1", CLASSES), ("entropy", CLASSES + 2), ("margin", CLASSES)):
        cycles = outcomes(group)[0].cycles("out")
        assert cycles[-1] - cycles[-101] == 100 * interval


def test_a_verdict_is_as_late_as_the_model_says(outcomes: Outcomes) -> None:
    """A bench begins in its cycle 1, so a sample's last logit is taken in cycle CLASSES."""
    for criterion, cycles in VERDICT.items():
        assert outcomes(criterion)[0].cycles("out")[0] == CLASSES + cycles + CLASSES
