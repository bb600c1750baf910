// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// A conditional buffer as deep as verdicts take never holds up its stage while all samples leave early.
//
// Assumed    `last` is on the BEATS-th beat of every sample; every verdict is to drop, and offered at most
//            LATENCY cycles after the sample's last beat, at least 2; any pauses of the stream
module least_depth_proof #(
    parameter integer BEATS = 2,
    parameter integer SAMPLES = 2,   // must be least_depth(interval BEATS, latency of the decision LATENCY + 1)
    parameter integer LATENCY = 2
) (
    input logic clk,
    input logic in_last,
    input logic in_valid,
    input logic verdict_valid
);
    localparam integer PLACE = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer DEPTH = SAMPLES > 1 ? SAMPLES : 2;
    localparam integer LEVEL = $clog2(DEPTH + 2);

    // Reset once, at the start.
    logic running = 0;
    always_ff @(posedge clk) running <= 1;

    wire in_ready, verdict_ready, out_valid;
    wire [PLACE-1:0] write_beat;
    wire [LEVEL-1:0] judged_level, kept_level;
    watched_buffer #(.WIDTH(1), .BEATS(BEATS), .SAMPLES(SAMPLES), .ID_BITS(1), .KEEP(0)) watched (
        .clk(clk), .running(running),
        .in_data(1'b0), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .verdict_data(2'b10), .verdict_valid(verdict_valid), .verdict_ready(verdict_ready),
        .out_data(), .out_id(), .out_last(), .out_valid(out_valid), .out_ready(1'b1),
        .judged_level(judged_level), .kept_level(kept_level), .write_beat(write_beat)
    );

    // The cycles that completed a sample, the latest lowest; samples of older cycles must have a verdict.
    logic [LATENCY-1:0] completed;
    wire complete = in_valid && in_ready && write_beat == BEATS - 1;
    always_ff @(posedge clk) completed <= running ? {completed, complete} : 0;
    integer i;
    logic [LEVEL-1:0] recent;
    always_comb begin
        recent = 0;
        for (i = 0; i < LATENCY - 1; i = i + 1) recent = recent + completed[i];
    end
    always_comb begin
        assume (in_last == (write_beat == BEATS - 1));
        assume (verdict_valid || judged_level <= recent);
    end

    always_ff @(posedge clk)
        if (running) begin
            never_waits: assert (in_ready);
            invariant_drops: assert (kept_level == 0 && !out_valid);
            invariant_pending: assert (judged_level <= recent + completed[LATENCY-1]);
        end
endmodule
