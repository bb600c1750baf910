"""Answers of two runtimes are compared bit for bit, or by the distance that rounding explains."""

import numpy as np

from fpga_ee.verification.answers import Answers, Logits, answers_of_exits, compare, farther_apart

NEXT = float(np.nextafter(np.float32(1), np.float32(2)))
"""The float32 behind 1."""


def logits(*rows: list[float]) -> Logits:
    return np.array(rows, dtype=np.float32)


def taken(values: Logits, exits: list[int]) -> Answers:
    """Answers of a run that computes no other exit than the one that is taken."""
    return Answers(values, np.array(exits), values.argmax(axis=1))


def test_of_every_exit_the_logits_of_the_one_that_is_taken_are_the_answer() -> None:
    first, second = logits([1, 0], [2, 3], [5, 4]), logits([9, 8], [6, 7], [0, 1])
    answers = answers_of_exits([first, second], np.array([0, 1, 1]))
    assert answers.logits.tolist() == [[1, 0], [6, 7], [0, 1]]
    assert answers.labels.tolist() == [0, 1, 1]
    assert answers.exit_indices.tolist() == [0, 1, 1]
    assert answers.every_exit is not None
    assert [each.tolist() for each in answers.every_exit] == [first.tolist(), second.tolist()]


def test_equal_answers_do_not_differ() -> None:
    answers = taken(logits([1, 2], [4, 3]), [0, 1])
    found = compare(answers, answers)
    assert (found.logits, found.exit_indices, found.labels, found.images) == (0, 0, 0, ())
    assert (found.ulps, found.largest) == (0, 0.0)


def test_each_way_to_differ_is_counted_and_its_image_named() -> None:
    """Image 1 has another bit in a logit, image 3 another exit, image 4 another label, image 5 all three."""
    reference = taken(logits([1, 2], [1, 2], [1, 2], [1, 2], [1, 2], [1, 2]), [0, 0, 0, 0, 0, 1])
    values = logits([1, 2], [NEXT, 2], [1, 2], [1, 2], [1, 2], [3, 2])
    exits, labels = np.array([0, 0, 0, 1, 0, 0]), np.array([1, 1, 1, 1, 0, 0])
    found = compare(Answers(values, exits, labels), reference)
    assert (found.logits, found.exit_indices, found.labels) == (2, 2, 2)
    assert found.images == (1, 3, 4, 5)


def test_only_logits_of_the_same_exit_tell_how_far_answers_lie_apart() -> None:
    reference = taken(logits([1, 0], [1, 0]), [0, 0])
    found = compare(taken(logits([NEXT, 0], [1000, 0]), [0, 1]), reference)
    assert (found.ulps, found.largest) == (1, NEXT - 1)


def test_where_both_have_every_exit_all_of_their_logits_count() -> None:
    exits = np.array([0, 0])
    reference = answers_of_exits([logits([1, 0], [1, 0]), logits([2, 0], [2, 0])], exits)
    other = answers_of_exits([logits([1, 0], [1, 0]), logits([2, 0], [2.5, 0])], exits)
    found = compare(other, reference)
    assert (found.logits, found.images, found.largest) == (1, (1,), 0.5)
    # A run that computes the taken exits only cannot differ in the others.
    alone = taken(reference.logits, [0, 0])
    assert compare(alone, other).images == compare(other, alone).images == ()


def test_units_in_the_last_place_count_the_numbers_between_also_across_zero() -> None:
    tiny = float(np.finfo(np.float32).smallest_subnormal)
    found = compare(taken(logits([tiny, 0]), [0]), taken(logits([-tiny, 0]), [0]))
    assert found.ulps == 2
    below = compare(taken(logits([-NEXT, 0]), [0]), taken(logits([-1, 0]), [0]))
    assert below.ulps == 1


def test_zeros_of_both_signs_are_other_bits_but_no_distance() -> None:
    found = compare(taken(logits([-0.0, 1]), [0]), taken(logits([0.0, 1]), [0]))
    assert (found.logits, found.ulps, found.largest) == (1, 0, 0.0)


def test_what_is_no_number_has_no_largest_difference() -> None:
    found = compare(taken(logits([np.nan, 1]), [0]), taken(logits([0, 1]), [0]))
    assert (found.logits, found.largest) == (1, None)


def test_answers_to_no_image_do_not_differ() -> None:
    nothing = taken(np.zeros((0, 2), dtype=np.float32), [])
    found = compare(nothing, nothing)
    assert (found.images, found.ulps, found.largest) == ((), 0, 0.0)


def test_logits_lie_apart_if_any_of_them_is_farther_than_the_error() -> None:
    reference = taken(logits([1, 0], [1, 0], [1, 0]), [0, 0, 0])
    other = taken(logits([1, 0.5], [1, 0.75], [np.nan, 0]), [0, 0, 0])
    assert farther_apart(other, reference, 0.5).tolist() == [False, True, True]


def test_logits_of_other_exits_do_not_lie_apart() -> None:
    reference = taken(logits([1, 0], [1, 0]), [0, 0])
    assert farther_apart(taken(logits([9, 0], [9, 0]), [0, 1]), reference, 0.5).tolist() == [True, False]


def test_where_both_have_every_exit_any_of_them_may_lie_apart() -> None:
    exits = np.array([0, 0])
    reference = answers_of_exits([logits([1, 0], [1, 0]), logits([2, 0], [2, 0])], exits)
    other = answers_of_exits([logits([1, 0], [1, 0]), logits([2, 0], [3, 0])], exits)
    assert farther_apart(other, reference, 0.5).tolist() == [False, True]
    assert farther_apart(other, taken(reference.logits, [0, 0]), 0.5).tolist() == [False, False]
