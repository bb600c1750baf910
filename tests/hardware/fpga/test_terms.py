"""Resources of a module, with terms whose LUTs are fitted."""

from fpga_ee.hardware.fpga.resources import Resources
from fpga_ee.hardware.fpga.terms import Terms


def test_terms_add_up_term_by_term() -> None:
    one = Terms(1.5, 2, 3, 4, {"bit": 1, "one": 1})
    two = Terms(0.25, 20, 30, 40, {"bit": 2, "word": 7})
    assert one + two == Terms(1.75, 22, 33, 44, {"bit": 3, "one": 1, "word": 7})
    assert (one + two).resources({"bit": 0.5, "one": 1, "word": 2}) == Resources(18, 22, 33, 44)
