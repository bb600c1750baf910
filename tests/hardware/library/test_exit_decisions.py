"""The exit decisions in hardware, against the integer rule that the software uses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from helpers.testbench import Case, Outcome, Stream, configured

from fpga_ee.artifacts.criterion import Criterion
from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.exits.decision import EntropyDecision, IntegerDecision, integer_decision
from fpga_ee.exits.rules import ExitRule
from fpga_ee.hardware.diagram.module import Module
from fpga_ee.hardware.library.exit_decision_entropy import ExitDecisionEntropy
from fpga_ee.hardware.library.exit_decision_top1 import ExitDecisionTop1
from fpga_ee.hardware.memory_image import Image
from fpga_ee.hardware.network.packing import table_image
from fpga_ee.hardware.sample_ids import SAMPLE_ID_BITS

CLASSES = 10
LOGITS = FixedPoint(16, signed=True, frac=4)
TABLE_BITS = 17


def _logits(count: int, seed: int, classes: int) -> np.ndarray:
    """Logits of all kinds of confidence, with ties and with distances beyond the tables."""
    generator = np.random.default_rng(seed)
    spread = generator.choice([1, 20, 60, 200, 30_000], (count, 1))
    return np.clip(
        (generator.standard_normal((count, classes)) * spread).round(), -(2**15), 2**15 - 1
    ).astype(int)


def _case(
    decision: IntegerDecision,
    name: str,
    stall: int,
    rewritten: IntegerDecision | None = None,
    classes: int = CLASSES,
) -> Case:
    """A decision on 300 samples; where another one is given, its bound is written at run time."""
    logits = _logits(300, stall, classes)
    wanted = (rewritten or decision)(torch.from_numpy(logits).double() * LOGITS.scale)
    ids = [index * 7 % 65536 for index in range(len(logits))]
    verdicts = [int(take) << 16 | number for take, number in zip(wanted, ids, strict=True)]
    ports = {"bound_write": "1'b0", "bound_data": "0"}
    if isinstance(decision, EntropyDecision):
        ports["bound_address"] = "0"
        if isinstance(rewritten, EntropyDecision):
            ports |= {"bound_write": "1'b1", "bound_data": f"32'd{rewritten.bounds[0]}"}
    elif rewritten is not None:
        ports = {"bound_write": "1'b1", "bound_data": f"32'd{rewritten.bound}"}
    last = [index == classes - 1 for _ in logits for index in range(classes)]
    return Case(
        **configured(_module(decision, name, classes)),
        inputs={
            "in": Stream(16, [int(word) & 0xFFFF for word in logits.reshape(-1)], last),
            "id": Stream(16, ids, [True] * len(ids)),
        },
        outputs={"out": Stream(17, verdicts, [True] * len(ids))},
        stall=stall,
        ports=ports,
        without_last=("id", "out"),
    )


def _module(decision: IntegerDecision, name: str, classes: int) -> Module:
    """A decision's module, whose memories have names of their own."""
    entries = len(decision.exponentials)
    sizes = {"bits": LOGITS.bits, "classes": classes, "id_bits": SAMPLE_ID_BITS, "entries": entries}
    exponentials = table_image(f"{name}_e.hex", decision.exponentials, TABLE_BITS)
    if isinstance(decision, EntropyDecision):
        return ExitDecisionEntropy(
            **sizes,
            table_bits=TABLE_BITS,
            exponentials=exponentials,
            shift=decision.shift,
            bound_entries=len(decision.bounds),
            weighted=table_image(f"{name}_w.hex", decision.weighted, TABLE_BITS),
            bounds=table_image(f"{name}_b.hex", decision.bounds, 32),
        )
    return ExitDecisionTop1(
        **sizes, table_bits=TABLE_BITS, exponentials=exponentials, bound=int(decision.bound)
    )


def _entropy(threshold: float) -> EntropyDecision:
    decision = integer_decision(ExitRule(Criterion.ENTROPY, threshold), LOGITS)
    assert isinstance(decision, EntropyDecision)
    return decision


def _first_bound_0(decision: EntropyDecision) -> np.ndarray:
    """Bounds by which the surest samples go on."""
    bounds = decision.bounds.copy()
    bounds[0] = 0
    return bounds


def _written_beyond(decision: EntropyDecision) -> Case:
    """A write of a bound that there is not, whose address has the lowest bits of the first."""
    address = 1 << (len(decision.bounds) - 1).bit_length()
    ports = {"bound_write": "1'b1", "bound_data": "0", "bound_address": f"16'd{address}"}
    return replace(_case(decision, "z", 0), ports=ports)


def cases() -> dict[str, list[Case]]:
    top1 = {t: integer_decision(ExitRule(Criterion.TOP1, t), LOGITS) for t in (0.5, 0.9, 0.99)}
    entropy = {t: _entropy(t) for t in (0.05, 0.3, 1.0)}
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
            _case(decision, f"{kind}{classes}_{stall}", stall, classes=classes)
            for kind, decision in (("f", top1[0.9]), ("g", entropy[0.3]))
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
    decisions = {
        "top1": integer_decision(ExitRule(Criterion.TOP1, 0.5), LOGITS),
        "entropy": _entropy(0.05),
    }
    for criterion, decision in decisions.items():
        latency = _module(decision, "m", CLASSES).latency
        assert outcomes(criterion)[0].cycles("out")[0] == CLASSES + latency


def test_entropy_takes_two_cycles_more_to_look_its_bound_up() -> None:
    table = Image("table.hex", 17, (0,))
    sizes = {"bits": 16, "classes": 10, "id_bits": 16, "entries": 1, "table_bits": 17, "exponentials": table}
    top1 = ExitDecisionTop1(**sizes, bound=0)
    entropy = ExitDecisionEntropy(**sizes, shift=0, bound_entries=1, weighted=table, bounds=table)
    assert [decision.sample_interval(beats=10) for decision in (top1, entropy)] == [10, 12]
