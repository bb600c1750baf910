"""Two products in one multiplication: every product of every operand, and its resources on an FPGA."""

import subprocess
from pathlib import Path

import pytest
from helpers.testbench import BENCH

from fpga_ee.hardware.fpga.families import FAMILIES
from fpga_ee.hardware.synthesis.synthesise import synthesise
from fpga_ee.hardware.tools import sources as library
from fpga_ee.hardware.tools import verilator

WIDTHS = [
    # Word bits, whether signed, weight bits, bits of the multiplier.
    (8, 0, 7, 25),  # the default on 7-series: a bit of room between the products
    (8, 1, 7, 25),
    (8, 0, 8, 25),  # no room between them
    (7, 1, 8, 25),
    (8, 0, 7, 27),
    (8, 0, 4, 18),  # narrow weights, in the multiplier of an ECP5
    (9, 1, 4, 18),
    (1, 0, 2, 25),
    (2, 1, 1, 25),
]


def test_pairs_are_exact_for_every_operand(tmp_path: Path) -> None:
    checks = []
    for word_bits, signed, weight_bits, multiplier in WIDTHS:
        # At most 2^20 cycles each.
        part_bits = max(0, word_bits + 2 * weight_bits - 20)
        checks += [
            f"pair_check #(.IN_BITS({word_bits}), .IN_SIGNED({signed}), .WEIGHT_BITS({weight_bits}), "
            f".MULTIPLIER_BITS({multiplier}), .PART({part}), .PART_BITS({part_bits}))"
            for part in range(1 << part_bits)
        ]
    instances = "\n".join(
        f"    {check} check_{index} (.clk(clk), .rst(rst), .done(dones[{index}]), .wrong(wrongs[{index}]));"
        for index, check in enumerate(checks)
    )
    (tmp_path / "bench.sv").write_text(
        f"module bench (input logic clk, input logic rst, output logic done);\n"
        f"    wire [{len(checks) - 1}:0] dones, wrongs;\n{instances}\n"
        f'    assign done = &dones;\n    final $display("wrong %b", wrongs);\nendmodule\n'
    )
    sources = [BENCH / "pair_check.sv", library.LIBRARY / "product_pair.sv"]
    program = verilator.build(
        tmp_path / "bench.sv", sources, BENCH / "main.cpp", tmp_path / "obj", ["-CFLAGS", "-O1"]
    )
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["wrong", "0" * len(checks)]


@pytest.fixture
def products(tmp_path: Path) -> Path:
    """The multipliers of two filters with four lines of weights."""
    names = ["products.sv", "product_pair.sv"]
    for name in names:
        (tmp_path / name).write_bytes((library.LIBRARY / name).read_bytes())
    (tmp_path / "files.f").write_text("\n".join(names))
    (tmp_path / "weights.hex").write_text("0a5f\n31c2\n2b07\n1e99\n")
    return tmp_path


@pytest.mark.parametrize(("family", "multipliers"), [("xc7", 1), ("ecp5", 2)])
def test_a_pair_takes_one_multiplier_where_both_fit(products: Path, family: str, multipliers: int) -> None:
    synthesis = synthesise(products, FAMILIES[family], top="products")
    assert synthesis.total.dsp == multipliers
    pair = [module.resources for module in synthesis.modules if module.module == "product_pair"]
    # Both additions are in the DSP.
    assert all(resources.lut == 0 for resources in pair)
    assert bool(pair) == (family == "xc7")
