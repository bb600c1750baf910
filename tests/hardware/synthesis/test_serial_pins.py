"""The shell around an accelerator on a chip of its own: bits in and out, nothing lost or mixed up."""

from pathlib import Path
from random import Random

from helpers.testbench import Case, Stream, simulate

from fpga_ee.hardware.tools.sources import BOARD

IN_BITS, OUT_BITS, ID_BITS, CFG_BITS = 24, 56, 16, 56

ECHO = """
// Gives back every beat of images, and as a result also every threshold that is written.
module accelerator #(parameter integer MULTIPLIER_BITS = 18) (
    input logic clk, rst, s_axis_tlast, s_axis_tvalid, m_axis_tready, cfg_valid,
    output logic s_axis_tready, m_axis_tlast, m_axis_tvalid,
    input logic [23:0] s_axis_tdata, input logic [15:0] s_axis_tid,
    output logic [55:0] m_axis_tdata, output logic [15:0] m_axis_tid,
    input logic [7:0] cfg_exit, input logic [15:0] cfg_address, input logic [31:0] cfg_data
);
    logic written;
    logic [55:0] threshold;
    always_ff @(posedge clk) begin
        if (rst) written <= 0;
        else if (cfg_valid) written <= 1;
        else if (m_axis_tready) written <= 0;
        if (cfg_valid) threshold <= {cfg_exit, cfg_address, cfg_data};
    end
    assign m_axis_tdata = written ? threshold : s_axis_tdata;
    assign m_axis_tid = written ? 0 : s_axis_tid;
    assign m_axis_tlast = written || s_axis_tlast;
    assign m_axis_tvalid = s_axis_tvalid || written;
    assign s_axis_tready = m_axis_tready && !written;
endmodule
"""


def bits(words: list[int], width: int) -> Stream:
    data = [word >> place & 1 for word in words for place in range(width)]
    return Stream(1, data, [True] * len(data))


def case(prefix: str, entering: Stream, leaving: Stream, stall: int) -> Case:
    idle = {"in": "cfg", "cfg": "in"}[prefix]
    ports = {f"{idle}_valid": "1'b0", f"{idle}_data": "1'b0"}
    return Case(
        "serial_pins",
        {"IN_BITS": IN_BITS, "OUT_BITS": OUT_BITS},
        {prefix: entering},
        {"out": leaving},
        stall,
        ports=ports,
        without_last=(prefix, "out"),
    )


def test_beats_and_thresholds_pass_bit_by_bit(tmp_path: Path) -> None:
    random = Random(1)
    images = [random.getrandbits(IN_BITS + ID_BITS + 1) for _ in range(20)]
    results = [word & (1 << IN_BITS) - 1 | word >> IN_BITS << OUT_BITS for word in images]
    write = random.getrandbits(CFG_BITS)
    image_bits, result_bits = IN_BITS + ID_BITS + 1, OUT_BITS + ID_BITS + 1
    cases = [case("in", bits(images, image_bits), bits(results, result_bits), stall) for stall in (0, 50)]
    cases.append(case("cfg", bits([write], CFG_BITS), bits([1 << result_bits - 1 | write], result_bits), 50))
    (tmp_path / "accelerator.sv").write_text(ECHO)
    further = [tmp_path / "accelerator.sv", BOARD / "serial_pins.sv"]
    for outcome in simulate(cases, tmp_path, further=further):
        outcome.check()
