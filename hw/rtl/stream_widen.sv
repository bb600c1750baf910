// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Joins FACTOR narrow beats into a wide beat. The first narrow beat is in the lowest bits.
//
// A stream_narrow behind a stream_widen makes any width from any other.
//
// Stream    in: beats of WIDTH bits; out: beats of WIDTH * FACTOR bits. A sample is a whole number of wide
//           beats; a wide beat has the `last` of its last narrow beat.
// Latency   1 cycle from the last narrow beat
// Interval  FACTOR cycles a wide beat
module stream_widen #(
    parameter integer WIDTH = 8,   // bits of a narrow beat
    parameter integer FACTOR = 2   // at least 2
) (
    input  logic                    clk,
    input  logic                    rst,
    input  logic [WIDTH-1:0]        in_data,
    input  logic                    in_last,
    input  logic                    in_valid,
    output logic                    in_ready,
    output logic [WIDTH*FACTOR-1:0] out_data,
    output logic                    out_last,
    output logic                    out_valid,
    input  logic                    out_ready
);
    logic [$clog2(FACTOR+1)-1:0] count;

    assign out_valid = count == FACTOR;
    assign in_ready = !out_valid || out_ready;

    always_ff @(posedge clk) begin
        if (in_valid && in_ready) begin
            out_data <= {in_data, out_data[WIDTH*FACTOR-1:WIDTH]};
            out_last <= in_last;
        end
        if (rst) count <= 0;
        else if (in_valid && in_ready) count <= out_valid ? 1 : count + 1;
        else if (out_ready && out_valid) count <= 0;
    end
endmodule
