"""The answers of a runtime for a set of images, and their comparison."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers for N images.

    Attributes:
        logits: Logits of the exit that was taken, float32 [N, classes].
        exit_indices: Index of the exit that was taken, int64 [N].
        labels: The class with the largest logit, int64 [N].
        every_exit: Logits of every exit, each [N, classes], from a run that computes them all.
    """

    logits: Logits
    exit_indices: NDArray[np.int64]
    labels: NDArray[np.int64]
    every_exit: tuple[Logits, ...] | None = None


def answers_of_exits(every_exit: Sequence[Logits], exit_indices: NDArray[np.int64]) -> Answers:
    """Choose the logits of the taken exits from the logits of all exits."""
    taken = np.stack(every_exit)[exit_indices, np.arange(len(exit_indices))]
    return Answers(taken, exit_indices, taken.argmax(axis=1), tuple(every_exit))


@dataclass(frozen=True)
class Difference:
    """The differences between a run's answers and the reference's.

    Attributes:
        logits: Number of images with any differing bit in any logit; of every exit where both runs have them.
        exit_indices: Number of images that left at another exit.
        labels: Number of images with another label.
        images: Indices of the images with any of these differences, in order.
        ulps: The largest difference of two logits of the same exit, in units in the last place.
        largest: The largest difference as a number; None where a logit is not a number.
    """

    logits: int
    exit_indices: int
    labels: int
    images: tuple[int, ...]
    ulps: int
    largest: float | None


def compare(answers: Answers, reference: Answers) -> Difference:
    """Compare bit for bit."""
    same_exit = answers.exit_indices == reference.exit_indices
    pairs = [(answers.logits[same_exit], reference.logits[same_exit])]
    other_logits = _other_bits(answers.logits, reference.logits)
    if answers.every_exit is not None and reference.every_exit is not None:
        pairs = list(zip(answers.every_exit, reference.every_exit, strict=True))
        other_logits = np.any([_other_bits(ours, theirs) for ours, theirs in pairs], axis=0)
    other_label = answers.labels != reference.labels
    return Difference(
        logits=int(other_logits.sum()),
        exit_indices=int((~same_exit).sum()),
        labels=int(other_label.sum()),
        images=tuple(np.flatnonzero(other_logits | ~same_exit | other_label).tolist()),
        ulps=max(int(np.abs(_ordered(ours) - _ordered(theirs)).max(initial=0)) for ours, theirs in pairs),
        largest=_number(np.max([np.abs(ours - theirs).max(initial=0) for ours, theirs in pairs])),
    )


def farther_apart(answers: Answers, reference: Answers, error: float) -> NDArray[np.bool_]:
    """Find the images with logits of the same exit that differ by more than ``error``: bool [N].

    All exits are compared where both runs have them, else the exit that was taken. A logit that is not a
    number differs.
    """
    if answers.every_exit is not None and reference.every_exit is not None:
        pairs = zip(answers.every_exit, reference.every_exit, strict=True)
        apart: NDArray[np.bool_] = np.any([_apart(ours, theirs, error) for ours, theirs in pairs], axis=0)
        return apart
    same_exit = answers.exit_indices == reference.exit_indices
    taken: NDArray[np.bool_] = _apart(answers.logits, reference.logits, error) & same_exit
    return taken


def _apart(ours: Logits, theirs: Logits, error: float) -> NDArray[np.bool_]:
    near: NDArray[np.bool_] = (np.abs(ours - theirs) <= error).all(axis=1)
    return ~near


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _other_bits(ours: Logits, theirs: Logits) -> NDArray[np.bool_]:
    other: NDArray[np.bool_] = (_bits(ours) != _bits(theirs)).any(axis=1)
    return other


def _bits(values: Logits) -> NDArray[np.int32]:
    return np.ascontiguousarray(values, dtype=np.float32).view(np.int32)


def _ordered(values: Logits) -> NDArray[np.int64]:
    """Make integers in the order of the floats; neighbours differ by one."""
    bits = _bits(values).astype(np.int64)
    return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)
