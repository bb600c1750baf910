// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Keeps samples until their verdicts are known, then passes them on or drops them.
//
// Every sample has a slot. A verdict takes one cycle. A sample to be dropped gives its slot back at once, also
// while older samples are passed on. A sample to be kept waits in a queue to be read. So writing never waits while
// a slot is free. With a slot for every sample whose verdict is pending, the path to the exit is never blocked.
//
// Stream    in: beats of WIDTH, BEATS a sample; verdicts: {take, id}, one a sample in the order of the samples;
//           out: the samples whose take is KEEP, in that order, with their id beside every beat
// Latency   3 cycles from the verdict to the first beat; 5 cycles from the last beat in where the verdict is early
// Interval  BEATS cycles a sample that is passed on; 1 cycle one that is dropped
module conditional_buffer #(
    parameter integer WIDTH = 8,      // bits of a beat
    parameter integer BEATS = 16,     // beats a sample
    parameter integer SAMPLES = 2,    // slots, at least 1
    parameter integer ID_BITS = 16,   // bits of a sample's ID
    parameter integer KEEP = 0        // the value of take with which samples are passed on
) (
    input  logic               clk,
    input  logic               rst,
    input  logic [WIDTH-1:0]   in_data,
    input  logic               in_last,
    input  logic               in_valid,
    output logic               in_ready,
    input  logic [ID_BITS:0]   verdict_data,
    input  logic               verdict_valid,
    output logic               verdict_ready,
    output logic [WIDTH-1:0]   out_data,
    output logic [ID_BITS-1:0] out_id,
    output logic               out_last,
    output logic               out_valid,
    input  logic               out_ready
);
    localparam integer ROOM = BEATS * SAMPLES;
    localparam integer ADDRESS = ROOM > 1 ? $clog2(ROOM) : 1;
    localparam integer BEAT_BITS = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer COUNT_BITS = $clog2(SAMPLES + 1);
    localparam integer DEPTH = SAMPLES > 1 ? SAMPLES : 2;

    // Three queues of slots, by their first address: free, to be judged, to be passed on.
    wire [ADDRESS-1:0] free_slot, judged_slot, kept_slot;
    wire [ID_BITS-1:0] kept_id;
    wire free_valid, judged_valid, kept_valid;

    // After a reset, slots are taken in turn until all have been used once.
    logic [COUNT_BITS-1:0] unused;
    logic [ADDRESS-1:0] unused_slot;
    wire slot_valid = unused != 0 || free_valid;
    wire [ADDRESS-1:0] slot = unused != 0 ? unused_slot : free_slot;

    // Writing.
    logic [BEAT_BITS-1:0] write_beat;
    wire write = in_valid && slot_valid;
    wire write_last = write && in_last;
    assign in_ready = slot_valid;

    // Reading.
    logic [BEAT_BITS-1:0] read_beat;
    wire read = kept_valid && (!out_valid || out_ready);
    wire read_last = read && read_beat == BEATS - 1;

    // Judging. A cycle gives one slot back at most, so a slot that has been read goes before a verdict.
    wire keep = verdict_data[ID_BITS] == (KEEP != 0);
    wire judge = verdict_valid && judged_valid && !read_last;
    wire drop = judge && !keep;
    assign verdict_ready = judged_valid && !read_last;

    stream_fifo #(.WIDTH(ADDRESS), .DEPTH(DEPTH)) free_slots (
        .clk(clk), .rst(rst),
        .in_data(read_last ? kept_slot : judged_slot), .in_last(1'b1), .in_valid(read_last || drop), .in_ready(),
        .out_data(free_slot), .out_last(), .out_valid(free_valid), .out_ready(write_last && unused == 0)
    );
    stream_fifo #(.WIDTH(ADDRESS), .DEPTH(DEPTH)) judged_slots (
        .clk(clk), .rst(rst),
        .in_data(slot), .in_last(1'b1), .in_valid(write_last), .in_ready(),
        .out_data(judged_slot), .out_last(), .out_valid(judged_valid), .out_ready(judge)
    );
    stream_fifo #(.WIDTH(ID_BITS + ADDRESS), .DEPTH(DEPTH)) kept_slots (
        .clk(clk), .rst(rst),
        .in_data({verdict_data[ID_BITS-1:0], judged_slot}), .in_last(1'b1), .in_valid(judge && keep), .in_ready(),
        .out_data({kept_id, kept_slot}), .out_last(), .out_valid(kept_valid), .out_ready(read_last)
    );

    logic [WIDTH-1:0] memory [0:ROOM-1];
    logic [COUNT_BITS-1:0] fill;   // slots in use: for the simulation to read, and nothing in hardware
    wire [ADDRESS-1:0] write_at = slot + write_beat;
    wire [ADDRESS-1:0] read_at = kept_slot + read_beat;

    always_ff @(posedge clk) begin
        if (write) memory[write_at] <= in_data;
        if (read) begin
            out_data <= memory[read_at];
            out_id <= kept_id;
            out_last <= read_last;
        end
    end

    always_ff @(posedge clk)
        if (rst) begin
            unused <= SAMPLES;
            unused_slot <= 0;
            fill <= 0;
            write_beat <= 0;
            read_beat <= 0;
            out_valid <= 0;
        end else begin
            if (write) write_beat <= in_last ? 0 : write_beat + 1;
            if (write_last && unused != 0) begin
                unused <= unused - 1;
                unused_slot <= unused_slot + BEATS;
            end
            if (read) read_beat <= read_last ? 0 : read_beat + 1;
            fill <= fill + (write && write_beat == 0) - (read_last || drop);
            if (read) out_valid <= 1;
            else if (out_ready) out_valid <= 0;
        end
endmodule
