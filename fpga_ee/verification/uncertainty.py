"""Finds the images that a float network cannot be sure about: their exit or their label is uncertain."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fpga_ee.exits.measures import measure
from fpga_ee.exits.rules import ExitRule
from fpga_ee.verification.answers import Answers


def uncertain_images(answers: Answers, rules: Sequence[ExitRule], logit_error: float) -> NDArray[np.bool_]:
    """Find the images whose exit might change if every logit moved by ``logit_error``.

    Args:
        answers: Answers with the logits of every exit.
        rules: Rules of every exit but the last.
        logit_error: Largest distance between two runtimes' logits through rounding alone.

    Returns:
        bool [N].

    Raises:
        ValueError: The answers do not hold the logits of every exit.
    """
    uncertain = np.zeros(len(answers.labels), dtype=bool)
    for rule, logits in zip(rules, _every_exit(answers)[:-1], strict=True):
        measured = measure(rule.criterion, torch.from_numpy(logits).double()).numpy()
        rounding = rule.criterion.rounding(measured, logit_error, logits.shape[1])
        uncertain |= np.abs(measured - rule.threshold) <= rounding
    return uncertain


def uncertain_labels(answers: Answers, logit_error: float) -> NDArray[np.bool_]:
    """Find the images for which an exit's label might change if every logit moved by ``logit_error``.

    Args:
        answers: Answers with the logits of every exit.
        logit_error: Largest distance between two runtimes' logits through rounding alone.

    Returns:
        bool [N].

    Raises:
        ValueError: The answers do not hold the logits of every exit.
    """
    uncertain = np.zeros(len(answers.labels), dtype=bool)
    for logits in _every_exit(answers):
        ahead = np.diff(np.sort(logits.astype(np.float64), axis=1)[:, -2:], axis=1)
        uncertain |= (ahead <= 2 * logit_error).any(axis=1)
    return uncertain


def _every_exit(answers: Answers) -> Sequence[NDArray[np.float32]]:
    if answers.every_exit is None:
        raise ValueError("uncertainty needs the logits of every exit")
    return answers.every_exit
