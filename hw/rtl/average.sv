// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Computes averages, channel by channel: the sum of words times one constant, without rounding.
//
// A beat has TAPS words of each of LANES channels. A tree adds them up, and the sum is added to the sums of earlier
// beats. BEATS beats make an average. Beats of GROUPS groups of channels take turns, so the sums of all groups grow
// in a small memory. An average pooling reads windows (sliding_window.sv), which come group by group, so GROUPS is 1.
// A global average reads a whole feature map, which is not stored.
//
// Stream    in: TAPS * LANES words of BITS, tap by tap; out: LANES signed words of OUT_BITS, GROUPS beats an average,
//           with the `last` of the last beat of each
// Latency   2 + $clog2(TAPS) cycles from the last beat of an average to it; it waits in a register while the next is
//           read
// Interval  BEATS * GROUPS cycles for all groups, one beat a cycle
module average #(
    parameter integer LANES = 1,       // channels a beat
    parameter integer TAPS = 1,        // words of a channel in a beat
    parameter integer GROUPS = 2,      // groups of channels that take turns
    parameter integer BEATS = 4,       // beats of a group that are averaged
    parameter integer BITS = 8,        // bits of a word
    parameter integer SIGNED = 0,      // 1: two's complement words
    parameter integer SUM_BITS = 11,   // bits of a signed sum, which all sums fit
    parameter integer FACTOR = 1,      // the constant: 1 to 32767
    parameter integer OUT_BITS = 11    // bits of a signed sum times FACTOR, which all fit; SUM_BITS at least
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [TAPS*LANES*BITS-1:0] in_data,
    input  logic                       in_last,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [LANES*OUT_BITS-1:0]  out_data,
    output logic                       out_last,
    output logic                       out_valid,
    input  logic                       out_ready
);
    localparam integer LEVELS = TAPS > 1 ? $clog2(TAPS) : 0;
    localparam integer GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam integer BEAT_BITS = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam signed [15:0] TIMES = FACTOR;

    // `done`: a whole sum is there. `room`: the output has room for its average.
    logic done, done_last;
    wire room = !out_valid || out_ready;
    wire move = !done || room;
    wire step = in_valid && move;

    assign in_ready = move;

    // The flags that travel beside the words of a beat while they are added up.
    wire summed, summed_last;
    generate
        if (LEVELS == 0) begin : at_once
            assign {summed, summed_last} = {in_valid, in_last};
        end else begin : later
            logic [LEVELS-1:0] valids, lasts;
            always_ff @(posedge clk) begin
                if (rst) valids <= 0;
                else if (move) valids <= {valids, in_valid};
                if (move) lasts <= {lasts, in_last};
            end
            assign {summed, summed_last} = {valids[LEVELS-1], lasts[LEVELS-1]};
        end
    endgenerate

    // The group whose sums grow, and its beat.
    logic [GROUP_BITS-1:0] group;
    logic [BEAT_BITS-1:0] beat;
    wire last_group = group == GROUPS - 1;
    always_ff @(posedge clk) begin
        if (rst) begin
            group <= 0;
            beat <= 0;
        end else if (move && summed) begin
            group <= last_group ? 0 : group + 1;
            if (last_group) beat <= beat == BEATS - 1 ? 0 : beat + 1;
        end

        if (rst) done <= 0;
        else if (move) done <= summed && beat == BEATS - 1;
        if (move) done_last <= summed_last;

        if (rst) out_valid <= 0;
        else if (room) out_valid <= done;
        if (room) out_last <= done_last;
    end

    logic [LANES*SUM_BITS-1:0] sums [0:GROUPS-1];
    logic [LANES*SUM_BITS-1:0] done_data;
    wire [LANES*SUM_BITS-1:0] begun = beat == 0 ? 0 : sums[group];
    wire [LANES*SUM_BITS-1:0] grown;
    always_ff @(posedge clk)
        if (move) begin
            if (summed) sums[group] <= grown;
            done_data <= grown;
        end

    genvar lane, t;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : channel
            // One more bit makes words with and without a sign signed.
            wire [TAPS*(BITS+1)-1:0] words;
            for (t = 0; t < TAPS; t = t + 1) begin : tap
                wire [BITS-1:0] x = in_data[(t*LANES+lane)*BITS+:BITS];
                assign words[t*(BITS+1)+:BITS+1] = {SIGNED != 0 && x[BITS-1], x};
            end
            wire signed [SUM_BITS-1:0] total;
            adder_tree #(.COUNT(TAPS), .BITS(BITS + 1), .SUM_BITS(SUM_BITS)) tree (
                .clk(clk), .move(move), .words(words), .sum(total)
            );
            assign grown[lane*SUM_BITS+:SUM_BITS] = begun[lane*SUM_BITS+:SUM_BITS] + total;

            wire signed [SUM_BITS-1:0] whole = done_data[lane*SUM_BITS+:SUM_BITS];
            logic signed [OUT_BITS-1:0] product;
            always_ff @(posedge clk) if (room) product <= whole * TIMES;
            assign out_data[lane*OUT_BITS+:OUT_BITS] = product;
        end
    endgenerate
endmodule
