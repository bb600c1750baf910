// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Split, exit and conditional buffer cannot deadlock, not even with a buffer of one sample.
//
// The exit is any that gives the verdicts of its samples in turn: how its layers compute does not matter. Every
// beat that is offered is then taken within PATIENCE cycles, for any stream, verdicts and pauses within bounds.
//
// Assumed    an offered beat or verdict stays until it is taken; `last` is on the BEATS-th beat of every sample;
//            the exit takes beats while fewer than HELD of its samples wait for their verdict, with pauses of at
//            most REST cycles; it gives a verdict at most LATENCY cycles after the sample's last beat or the
//            verdict before; the reader pauses for at most REST cycles
module early_exit_proof #(
    parameter integer BEATS = 2,
    parameter integer SAMPLES = 1,
    parameter integer HELD = 1,
    parameter integer LATENCY = 2,
    parameter integer REST = 1,
    parameter integer PATIENCE = 12
) (
    input logic clk,
    input logic in_last,
    input logic in_valid,
    input logic exit_pauses,
    input logic verdict_take,
    input logic verdict_valid,
    input logic out_ready
);
    localparam integer PLACE = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer DEPTH = SAMPLES > 1 ? SAMPLES : 2;

    // Reset once, at the start.
    logic running = 0;
    always_ff @(posedge clk) running <= 1;

    wire in_ready, exit_last, exit_valid, keep_last, keep_valid, keep_ready, verdict_ready, out_last, out_valid;
    logic [3:0] exit_waits;      // samples in the exit that wait for their verdict
    wire exit_ready = exit_waits < HELD && !exit_pauses;
    stream_split #(.WIDTH(1)) split (
        .clk(clk), .rst(!running),
        .in_data(1'b0), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .a_data(), .a_last(exit_last), .a_valid(exit_valid), .a_ready(exit_ready),
        .b_data(), .b_last(keep_last), .b_valid(keep_valid), .b_ready(keep_ready)
    );
    wire [$clog2(DEPTH+2)-1:0] judged_level;
    wire [PLACE-1:0] write_beat;
    watched_buffer #(.WIDTH(1), .BEATS(BEATS), .SAMPLES(SAMPLES), .ID_BITS(1), .KEEP(0)) watched (
        .clk(clk), .running(running),
        .in_data(1'b0), .in_last(keep_last), .in_valid(keep_valid), .in_ready(keep_ready),
        .verdict_data({verdict_take, 1'b0}), .verdict_valid(verdict_valid), .verdict_ready(verdict_ready),
        .out_data(), .out_id(), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready),
        .judged_level(judged_level), .write_beat(write_beat)
    );

    // Places in the sample under way: of what left the split, of what the exit took.
    logic [PLACE-1:0] entered, exit_beat;
    logic [3:0] exit_paused, verdict_due, out_paused;
    wire exit_takes = exit_valid && exit_ready;
    wire judge = verdict_valid && verdict_ready;
    always_ff @(posedge clk)
        if (!running) begin
            entered <= 0;
            exit_beat <= 0;
            exit_waits <= 0;
            exit_paused <= 0;
            verdict_due <= 0;
            out_paused <= 0;
        end else begin
            if (in_valid && in_ready) entered <= in_last ? 0 : entered + 1;
            if (exit_takes) exit_beat <= exit_last ? 0 : exit_beat + 1;
            exit_waits <= exit_waits + (exit_takes && exit_last) - judge;
            exit_paused <= exit_pauses ? exit_paused + 1 : 0;
            verdict_due <= exit_waits != 0 && !verdict_valid ? verdict_due + 1 : 0;
            out_paused <= out_ready ? 0 : out_paused + 1;
        end
    always_comb begin
        assume (in_last == (entered == BEATS - 1));
        assume (exit_paused < REST || !exit_pauses);
        assume (out_paused < REST || out_ready);
        assume (exit_waits != 0 ? verdict_due < LATENCY || verdict_valid : !verdict_valid);
    end
    always_ff @(posedge clk)
        if (running) begin
            if ($past(running && in_valid && !in_ready)) assume (in_valid);
            if ($past(running && verdict_valid && !verdict_ready)) assume (verdict_valid);
        end

    logic [PATIENCE-1:0] waited;
    always_ff @(posedge clk) waited <= running && in_valid && !in_ready ? {waited, 1'b1} : 0;
    always_ff @(posedge clk) if (running) no_deadlock: assert (!(&waited));

    // Invariants of every state that is reached: exit and buffer are never more than a beat apart.
    (* hierconn *) wire \split.a_done , \split.b_done ;
    wire ahead_exit = \split.a_done ;
    wire ahead_buffer = \split.b_done ;
    wire [PLACE:0] next = entered + 1'b1;
    wire final_beat = entered == BEATS - 1;
    wire [PLACE-1:0] further = final_beat ? 0 : next;
    always_ff @(posedge clk)
        if (running) begin
            invariant_apart: assert (!(ahead_exit && ahead_buffer) && entered < BEATS
                && exit_beat == (ahead_exit ? further : entered)
                && write_beat == (ahead_buffer ? further : entered));
            invariant_pending: assert (exit_waits <= HELD
                && exit_waits + (ahead_buffer && final_beat) == judged_level + (ahead_exit && final_beat));
            invariant_bounds: assert (exit_paused <= REST && out_paused <= REST && verdict_due <= LATENCY
                && (verdict_due == 0 || exit_waits != 0));
        end
endmodule
