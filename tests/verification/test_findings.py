"""The answers of a check."""

from fpga_ee.quantization.authored import AuthoredLayer
from fpga_ee.verification.findings import BY_FIXED_POINT, BY_FPGACONVNET, TAKERS, Answer, Check, Refusal, Room

LAYER, OTHER = (AuthoredLayer(f"backbone.0.{index}", "convolution") for index in range(2))


def check(refusals: list[Refusal], rooms: list[Room], not_asked: dict[str, str] | None = None) -> Check:
    return Check("Net", "board", [LAYER, OTHER], refusals, {}, not_asked or {}, rooms)


def test_answers_are_words_of_a_table() -> None:
    assert TAKERS == ("fixed point", "fpgaConvNet", "our library")
    assert [answer.value for answer in Answer] == ["yes", "no", "-"]


def test_a_layer_that_fixed_point_refuses_is_asked_of_nobody_else() -> None:
    found = check([Refusal(BY_FIXED_POINT, LAYER, "why")], [])
    assert [found.answer(taker, LAYER) for taker in TAKERS] == [
        Answer.REFUSED, Answer.NOT_ASKED, Answer.NOT_ASKED,
    ]  # fmt: skip
    assert [found.answer(taker, OTHER) for taker in TAKERS] == [Answer.TAKEN] * 3


def test_who_cannot_be_asked_takes_nothing() -> None:
    found = check([], [], {BY_FPGACONVNET: "not installed"})
    assert [found.answer(taker, LAYER) for taker in TAKERS] == [
        Answer.TAKEN, Answer.NOT_ASKED, Answer.TAKEN,
    ]  # fmt: skip


def test_refusals_are_told_by_taker() -> None:
    refusals = [Refusal(BY_FIXED_POINT, LAYER, "a"), Refusal(BY_FPGACONVNET, OTHER, "b")]
    found = check(refusals, [])
    assert found.of(BY_FPGACONVNET) == refusals[1:]
    assert not found.passed


def test_a_board_without_room_does_not_pass_and_one_that_nobody_knows_does() -> None:
    fits, unknown, full = (Room(BY_FPGACONVNET, answer, "") for answer in (True, None, False))
    assert check([], [fits, unknown]).passed
    assert not check([], [fits, full]).passed
