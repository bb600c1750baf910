"""The facts that are told of operators fit each other."""

from fpga_ee.quantization.operators.known import KNOWN, OPERATORS
from fpga_ee.quantization.operators.operator import Effect


def test_what_changes_no_value_keeps_its_sign() -> None:
    moving = [operator for operator in OPERATORS if operator.effect is Effect.MOVING]
    assert [operator.keeps_sign for operator in moving] == [True] * len(moving)
    assert moving


def test_messages_name_all_operators() -> None:
    assert KNOWN == (
        "convolution, linear layer, addition, max pooling, ReLU, ReLU6, hardtanh, clamp, "
        "flatten and reshape, dropout, padding with 0 in front of a convolution, average pooling, "
        "adaptive max pooling, batch normalisation"
    )
