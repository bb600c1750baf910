"""Products with constants take additions for the digits that their weights have, each once."""

import re
from dataclasses import replace
from pathlib import Path

from helpers.testbench import BENCH

from fpga_ee.hardware.fpga.families.xc7 import FAMILY as SERIES_7
from fpga_ee.hardware.fpga.terms import Terms
from fpga_ee.hardware.library.constant_products import ConstantProducts
from fpga_ee.hardware.tools import verilator
from fpga_ee.hardware.tools.sources import LIBRARY

BENCH_OF_PRODUCTS = """
module bench (input logic clk, input logic rst, output logic done);
    logic [15:0] words;
    wire [59:0] products;
    always_ff @(posedge clk) words <= rst ? 1 : words + 257;
    constant_products #(.WORDS(2), .LANES(2), .WEIGHTS(28'hb5a93c7)) sums_of_digits (
        .clk(clk), .move(!rst), .words(words), .products(products)
    );
    assign done = &products;
endmodule
"""


def products_of(*weights: int, signed: int = 0) -> Terms:
    """Products of one word of 8 bits with weights of 7."""
    together = sum((weight & 127) << 7 * at for at, weight in enumerate(weights))
    products = ConstantProducts(
        words=1, lanes=len(weights), in_bits=8, in_signed=signed, weight_bits=7, weights=together
    )
    return products.terms(SERIES_7)


def test_of_words_without_a_sign_a_product_shifted_as_a_whole_is_the_same_hardware() -> None:
    assert products_of(17, 34) == products_of(34) == products_of(17)
    assert products_of(17, 34, signed=1).fitted["joined, signed"] == 2 * 10


def test_equal_weights_of_a_word_are_one_product() -> None:
    assert products_of(17, 17) == products_of(17)


def test_a_word_that_is_only_shifted_waits_and_one_times_zero_is_not_there() -> None:
    """Eight bits in a shift register of LUTs each."""
    assert products_of(1, 2, 4) == products_of(1) == replace(products_of(0), lut=8)
    assert (products_of(0).lut, products_of(0).ff) == (0, 0)


def test_halves_of_a_weight_meet_where_their_words_overlap() -> None:
    """17 is 16 + 1, and of 8 bits 4 are beyond the 4 places between; so for 5, which is one half, 8 - 2."""
    assert (products_of(17).lut, products_of(5).lut) == (4, 6)


def test_a_simulation_adds_digits_without_a_loop_over_them(tmp_path: Path) -> None:
    """With loops, a layer of 2,304 products takes thirty times as long to simulate."""
    (tmp_path / "bench.sv").write_text(BENCH_OF_PRODUCTS)
    verilator.build(
        tmp_path / "bench.sv",
        [LIBRARY / "constant_products.sv"],
        BENCH / "main.cpp",
        tmp_path / "program",
        ["-CFLAGS", "-O0"],
    )
    code = "".join(path.read_text() for path in (tmp_path / "program").glob("Vbench*.cpp"))
    assert "sums_of_digits" in code
    assert not re.findall(r"while \(.*digit", code)
