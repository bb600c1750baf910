// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Cuts a wide beat into FACTOR narrow beats. The lowest bits leave first.
//
// Stream    in: beats of WIDTH * FACTOR bits; out: beats of WIDTH bits; `last` of a wide beat goes to the last of
//           its narrow beats
// Latency   1 cycle
// Interval  FACTOR cycles a wide beat
module stream_narrow #(
    parameter integer WIDTH = 8,   // bits of a narrow beat
    parameter integer FACTOR = 2   // at least 2
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic [WIDTH*FACTOR-1:0] in_data,
    input  logic                    in_last,
    input  logic                    in_valid,
    output logic                    in_ready,
    output logic [WIDTH-1:0]        out_data,
    output logic                    out_last,
    output logic                    out_valid,
    input  logic                    out_ready
);
    logic [WIDTH*FACTOR-1:0]     rest;
    logic                        rest_last;
    logic [$clog2(FACTOR+1)-1:0] count;  // narrow beats still to leave

    assign out_data = rest[WIDTH-1:0];
    assign out_last = rest_last && count == 1;
    assign out_valid = count != 0;
    assign in_ready = count == 0 || (count == 1 && out_ready);

    always_ff @(posedge clk) begin
        if (in_valid && in_ready) begin
            rest <= in_data;
            rest_last <= in_last;
        end else if (out_ready) rest <= rest >> WIDTH;
        if (rst) count <= 0;
        else if (in_valid && in_ready) count <= FACTOR;
        else if (out_valid && out_ready) count <= count - 1;
    end
endmodule
