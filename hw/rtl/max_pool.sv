// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Gives the largest word under a window, channel by channel. Padding is never the largest.
//
// Stream    in: LANES words of BITS a beat, GROUPS beats a position; out: the same, for output positions
// Latency   7 cycles from the last beat of a window's last row to its largest words, where the window is one beat;
//           they wait in a register while the next is read
// Interval  max(OUT_ROWS * OUT_COLS * GROUPS * KERNEL_ROWS / BANK_ROWS * KERNEL_COLS / BANK_COLS,
//           ROWS * COLS * GROUPS) cycles a sample, as for sliding_window
module max_pool #(
    parameter integer LANES = 1,         // channels a beat
    parameter integer BITS = 8,          // bits of a word
    parameter integer SIGNED = 0,        // 1: two's complement words
    parameter integer GROUPS = 1,        // channels / LANES
    parameter integer ROWS = 4,          // of the input, as COLS
    parameter integer COLS = 4,
    parameter integer KERNEL_ROWS = 2,   // taps of a window, KERNEL_ROWS * KERNEL_COLS
    parameter integer KERNEL_COLS = 2,
    parameter integer STRIDE_ROWS = 2,   // from one window to the next, as STRIDE_COLS
    parameter integer STRIDE_COLS = 2,
    parameter integer PAD_TOP = 0,       // rows of padding above the input
    parameter integer PAD_LEFT = 0,      // columns of padding left of it
    parameter integer OUT_ROWS = 2,      // rows and columns of windows
    parameter integer OUT_COLS = 2,
    parameter integer BANK_ROWS = 1,     // rows and columns of taps that are read at once, see sliding_window.sv
    parameter integer BANK_COLS = 1,
    parameter integer SLOTS = 4          // rows that a bank holds, see sliding_window.sv
) (
    input  logic                  clk,
    input  logic                  rst,
    input  logic [LANES*BITS-1:0] in_data,
    input  logic                  in_last,
    input  logic                  in_valid,
    output logic                  in_ready,
    output logic [LANES*BITS-1:0] out_data,
    output logic                  out_last,
    output logic                  out_valid,
    input  logic                  out_ready
);
    localparam integer TAPS = BANK_ROWS * BANK_COLS;                            // that come together
    localparam integer BEATS = KERNEL_ROWS / BANK_ROWS * (KERNEL_COLS / BANK_COLS);
    localparam integer BEAT_BITS = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam integer LEAST = SIGNED != 0 ? -(1 << (BITS - 1)) : 0;

    wire [TAPS*LANES*BITS-1:0] window_data;
    wire window_last, window_valid;

    // `done`: the largest words of a window are complete. `room`: the output has room for them.
    logic done, done_last;
    wire room = !out_valid || out_ready;
    wire move = !done || room;

    sliding_window #(
        .LANES(LANES), .BITS(BITS), .GROUPS(GROUPS), .ROWS(ROWS), .COLS(COLS),
        .KERNEL_ROWS(KERNEL_ROWS), .KERNEL_COLS(KERNEL_COLS),
        .STRIDE_ROWS(STRIDE_ROWS), .STRIDE_COLS(STRIDE_COLS),
        .PAD_TOP(PAD_TOP), .PAD_LEFT(PAD_LEFT), .OUT_ROWS(OUT_ROWS), .OUT_COLS(OUT_COLS),
        .BANK_ROWS(BANK_ROWS), .BANK_COLS(BANK_COLS), .SLOTS(SLOTS), .PAD_WORD(LEAST)
    ) window (
        .clk(clk), .rst(rst),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data(window_data), .out_last(window_last), .out_valid(window_valid), .out_ready(move)
    );

    logic [BEAT_BITS-1:0] beat;
    logic valid_1, last_1, first_1, final_1;
    always_ff @(posedge clk) begin
        if (rst) beat <= 0;
        else if (move && window_valid) beat <= beat == BEATS - 1 ? 0 : beat + 1;

        if (rst) {valid_1, done} <= 0;
        else if (move) {valid_1, done} <= {window_valid, valid_1 && final_1};
        if (move) begin
            {last_1, done_last} <= {window_last, last_1};
            first_1 <= beat == 0;
            final_1 <= beat == BEATS - 1;
        end

        if (rst) out_valid <= 0;
        else if (room) out_valid <= done;
        if (room) out_last <= done_last;
    end

    genvar lane, t;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : channel
            // The largest of the taps that came together, then of these and all earlier taps. One more bit makes
            // the comparisons signed for words with and without a sign.
            wire signed [BITS:0] upto [0:TAPS-1];
            for (t = 0; t < TAPS; t = t + 1) begin : tap
                wire [BITS-1:0] x = window_data[(t*LANES+lane)*BITS+:BITS];
                wire signed [BITS:0] word = {SIGNED != 0 && x[BITS-1], x};
                if (t == 0) assign upto[t] = word;
                else assign upto[t] = word > upto[t-1] ? word : upto[t-1];
            end
            logic signed [BITS:0] together, largest;
            always_ff @(posedge clk)
                if (move) begin
                    together <= upto[TAPS-1];
                    if (valid_1 && (first_1 || together > largest)) largest <= together;
                end
            always_ff @(posedge clk) if (room) out_data[lane*BITS+:BITS] <= largest[BITS-1:0];
        end
    endgenerate
endmodule
