// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Adds the words of two streams on the finer of their grids. A sum leaves when a beat of each has come.
//
// Stream    a, b: LANES words of A_BITS and of B_BITS; out: LANES signed words of SUM_BITS
// Latency   1 cycle
// Interval  1 cycle a beat
module addition #(
    parameter integer LANES = 1,      // words a beat
    parameter integer A_BITS = 8,     // bits of a word of the first stream
    parameter integer A_SIGNED = 0,   // 1: two's complement words
    parameter integer A_SHIFT = 0,    // zeros appended to each, as many as it has fewer fractional bits
    parameter integer B_BITS = 8,     // the same of the second
    parameter integer B_SIGNED = 0,
    parameter integer B_SHIFT = 0,
    parameter integer SUM_BITS = 10   // bits of a sum, enough for all of them
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic [LANES*A_BITS-1:0]   a_data,
    input  logic                      a_last,
    input  logic                      a_valid,
    output logic                      a_ready,
    input  logic [LANES*B_BITS-1:0]   b_data,
    input  logic                      b_last,
    input  logic                      b_valid,
    output logic                      b_ready,
    output logic [LANES*SUM_BITS-1:0] out_data,
    output logic                      out_last,
    output logic                      out_valid,
    input  logic                      out_ready
);
    wire move = !out_valid || out_ready;

    assign a_ready = b_valid && move;
    assign b_ready = a_valid && move;

    always_ff @(posedge clk) begin
        if (rst) out_valid <= 0;
        else if (move) out_valid <= a_valid && b_valid;
        // Both streams end a sample with the same beat.
        if (move) out_last <= a_last && b_last;
    end

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : word
            wire [A_BITS-1:0] a = a_data[lane*A_BITS+:A_BITS];
            wire [B_BITS-1:0] b = b_data[lane*B_BITS+:B_BITS];
            wire signed [A_BITS:0] signed_a = {A_SIGNED != 0 && a[A_BITS-1], a};
            wire signed [B_BITS:0] signed_b = {B_SIGNED != 0 && b[B_BITS-1], b};
            wire signed [SUM_BITS-1:0] wide_a = SUM_BITS'(signed_a), wide_b = SUM_BITS'(signed_b);
            logic signed [SUM_BITS-1:0] sum;
            assign out_data[lane*SUM_BITS+:SUM_BITS] = sum;
            always_ff @(posedge clk) if (move) sum <= (wide_a <<< A_SHIFT) + (wide_b <<< B_SHIFT);
        end
    endgenerate
endmodule
