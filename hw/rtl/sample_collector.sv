// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Joins the streams of COPIES writers into one, whole samples at a time: the opposite of sample_distributor.
//
// The turn goes round. It leaves a writer that offers nothing after one cycle, and a writer that offers a sample
// once the whole sample has passed. So an offered sample waits for at most one sample of every other writer.
//
// Stream    in: per writer c beats of WIDTH at bit c * WIDTH, the sample's ID beside each at bit c * ID_BITS;
//           out: the same beats
// Latency   0 cycles where it is a writer's turn; COPIES - 1 cycles at most until it is, while others offer nothing
// Interval  1 cycle a beat; COPIES - 1 cycles more a sample, while other writers offer nothing
module sample_collector #(
    parameter integer COPIES = 2,    // at least 2
    parameter integer WIDTH = 8,     // bits of a beat
    parameter integer ID_BITS = 16   // bits of a sample's ID
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic [COPIES*WIDTH-1:0]   in_data,
    input  logic [COPIES*ID_BITS-1:0] in_id,
    input  logic [COPIES-1:0]         in_last,
    input  logic [COPIES-1:0]         in_valid,
    output logic [COPIES-1:0]         in_ready,
    output logic [WIDTH-1:0]          out_data,
    output logic [ID_BITS-1:0]        out_id,
    output logic                      out_last,
    output logic                      out_valid,
    input  logic                      out_ready
);
    localparam integer TURN_BITS = $clog2(COPIES);

    logic [TURN_BITS-1:0] turn;
    logic underway;   // between a sample's first beat and its last

    word_select #(.WIDTH(WIDTH), .COUNT(COPIES)) words (.words(in_data), .index(turn), .word(out_data));
    word_select #(.WIDTH(ID_BITS), .COUNT(COPIES)) ids (.words(in_id), .index(turn), .word(out_id));
    word_select #(.WIDTH(1), .COUNT(COPIES)) lasts (.words(in_last), .index(turn), .word(out_last));
    word_select #(.WIDTH(1), .COUNT(COPIES)) valids (.words(in_valid), .index(turn), .word(out_valid));
    assign in_ready = out_ready ? 1 << turn : 0;

    wire leave = out_valid && out_ready;
    // A sample stays whole: its writer keeps the turn until its end. A writer whose offered beat waits keeps it too.
    wire pass = leave ? out_last : !out_valid && !underway;

    always_ff @(posedge clk)
        if (rst) begin
            turn <= 0;
            underway <= 0;
        end else begin
            if (leave) underway <= !out_last;
            if (pass) turn <= turn == COPIES - 1 ? 0 : turn + 1;
        end
endmodule
