// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Breaks the path of `ready` against a stream: in_ready is a register, which can move any number of registers.
//
// Where a beat is not taken and the next one already comes, the skid keeps it. A pipeline in front of the skid moves
// by in_ready alone.
//
// Stream    beats of WIDTH bits with `last`, passed on unchanged and in order
// Latency   0 cycles
// Interval  1 cycle a beat
module stream_skid #(
    parameter integer WIDTH = 8   // bits of a beat
) (
    input  logic             clk,
    input  logic             rst,
    input  logic [WIDTH-1:0] in_data,
    input  logic             in_last,
    input  logic             in_valid,
    output logic             in_ready,
    output logic [WIDTH-1:0] out_data,
    output logic             out_last,
    output logic             out_valid,
    input  logic             out_ready
);
    logic [WIDTH-1:0] kept;
    logic kept_last;

    assign out_valid = in_valid || !in_ready;
    assign out_data = in_ready ? in_data : kept;
    assign out_last = in_ready ? in_last : kept_last;

    always_ff @(posedge clk) begin
        if (in_ready) {kept_last, kept} <= {in_last, in_data};
        if (rst) in_ready <= 1;
        else in_ready <= out_ready || !out_valid;
    end
endmodule
