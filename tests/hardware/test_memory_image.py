"""Numbers that are known when an accelerator is generated, as files and as SystemVerilog."""

from fpga_ee.hardware.memory_image import Image, TopConstant


def test_a_line_of_an_image_has_the_digits_of_a_whole_word() -> None:
    assert Image("a.hex", 9, (0, 1, 511)).lines == ["000", "001", "1ff"]
    assert Image("a.hex", 8, (10,)).lines == ["0a"]


def test_a_constant_says_how_wide_it_is_and_keeps_its_zeros() -> None:
    assert TopConstant("weights", 12, 5).verilog == "12'h005"
    assert TopConstant("weights", 13, 5).verilog == "13'h0005"


def test_images_are_told_apart_by_their_files_and_constants_by_their_names() -> None:
    """Copies of a stage read the same, and modules with them are compared often."""
    assert Image("a.hex", 8, (1,)) == Image("a.hex", 8, (2,)) != Image("b.hex", 8, (1,))
    assert TopConstant("a", 8, 1) == TopConstant("a", 8, 2) != TopConstant("b", 8, 1)
