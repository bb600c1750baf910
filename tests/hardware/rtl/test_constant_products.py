"""Products by constants without multipliers: proven for every weight, and seen in a layer."""

from pathlib import Path

import pytest

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.rtl import yosys
from fpga_ee.hardware.rtl.library import SYNTHESIS, modules
from fpga_ee.hardware.rtl.synth import synthesise

MAPPING = "constant_products.v"


def products(folder: Path, bits: int) -> list[str]:
    """Commands that read a module with the product of a word and every constant of some bits."""
    count = 1 << bits
    lines = [f"  assign y[{16 * n}+:16] = x * $signed({bits}'d{n});" for n in range(count)]
    ports = f"input signed [8:0] x, output signed [{16 * count - 1}:0] y"
    (folder / "products.v").write_text("\n".join([f"module products({ports});", *lines, "endmodule"]))
    (folder / MAPPING).write_bytes((SYNTHESIS / MAPPING).read_bytes())
    return ["read_verilog -sv products.v", "proc"]


@pytest.mark.parametrize("bits", [2, 7])
def test_additions_give_the_product_of_every_constant(tmp_path: Path, bits: int) -> None:
    commands = [
        *products(tmp_path, bits),
        f"equiv_opt -assert techmap -map {MAPPING} t:$mul",
        "design -load postopt",
        "select -assert-none t:$mul",
    ]
    yosys.run(commands, tmp_path, tmp_path / "log")


def test_the_proof_sees_a_wrong_digit(tmp_path: Path) -> None:
    commands = products(tmp_path, 4)
    mapping = (tmp_path / MAPPING).read_text()
    (tmp_path / MAPPING).write_text(mapping.replace("below - (factor", "below + (factor"))
    with pytest.raises(FpgaEeError, match="unproven"):
        yosys.run([*commands, f"equiv_opt -assert techmap -map {MAPPING} t:$mul"], tmp_path, tmp_path / "log")


@pytest.mark.parametrize(("folds", "multipliers"), [(1, 0), (2, 6)])
def test_a_layer_with_the_same_weights_in_every_cycle_takes_no_multiplier(
    tmp_path: Path, folds: int, multipliers: int
) -> None:
    """Six words times one filter: at once, or for two filters in turn."""
    for path in modules():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    top = f"""
module top(input clk, rst, move, input [47:0] x, output [23:0] y, output valid);
    linear #(.WORDS(6), .LANES(1), .BEATS(1), .FOLDS({folds}), .WEIGHTS("w.hex"), .BIAS("b.hex")) layer (
        .clk(clk), .rst(rst), .in_data(x), .in_last(1'b1), .in_valid(1'b1), .in_ready(),
        .out_data(y), .out_last(), .out_valid(valid), .out_ready(move));
endmodule
"""
    (tmp_path / "top.sv").write_text(top)
    (tmp_path / "files.f").write_text("\n".join([*(path.name for path in modules()), "top.sv"]))
    (tmp_path / "w.hex").write_text("\n".join(["0d2b55aa94b", "15a2e937c45"][:folds]))
    (tmp_path / "b.hex").write_text("\n".join(["000007", "ffff03"][:folds]))
    assert synthesise(tmp_path, "ecp5", top="top").total.dsp == multipliers
