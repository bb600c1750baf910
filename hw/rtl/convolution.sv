// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Computes a folded convolution: a sliding window, and a matrix-vector product for each position.
//
// In fpgaConvNet's words LANES_IN is coarse_in, LANES_OUT coarse_out and BANK_ROWS * BANK_COLS fine.
//
// Weights   as in linear.sv; the words of a beat are taps (row by row) of LANES_IN channels; the beats of a
//           window come group by group of channels, and tap by tap within a group
// Stream    in: LANES_IN words of IN_BITS a beat, GROUPS beats a position; out: LANES_OUT signed sums of
//           SUM_BITS a beat, FOLDS beats a position
// Latency   8 + $clog2(BANK_ROWS * BANK_COLS * LANES_IN) cycles from the last beat of a window's last row to its first
//           sums, where the window is one beat
// Interval  max(OUT_ROWS * OUT_COLS * GROUPS * KERNEL_ROWS / BANK_ROWS * KERNEL_COLS / BANK_COLS * FOLDS,
//           ROWS * COLS * GROUPS) cycles a sample
module convolution #(
    parameter integer LANES_IN = 1,           // input channels a beat
    parameter integer LANES_OUT = 1,          // filters at once
    parameter integer GROUPS = 1,             // input channels / LANES_IN
    parameter integer FOLDS = 1,              // filters / LANES_OUT
    parameter integer IN_BITS = 8,            // bits of a word
    parameter integer IN_SIGNED = 0,          // 1: two's complement words
    parameter integer WEIGHT_BITS = 7,        // bits of a weight, two's complement
    parameter integer SUM_BITS = 24,          // bits of a sum
    parameter integer MULTIPLIER_BITS = 25,   // of the FPGA, see products.sv; any gives the same sums
    parameter integer ROWS = 6,               // of the input, as COLS
    parameter integer COLS = 6,
    parameter integer KERNEL_ROWS = 3,        // taps of a window, KERNEL_ROWS * KERNEL_COLS
    parameter integer KERNEL_COLS = 3,
    parameter integer STRIDE_ROWS = 1,        // from one window to the next, as STRIDE_COLS
    parameter integer STRIDE_COLS = 1,
    parameter integer PAD_TOP = 0,            // rows of padding above the input
    parameter integer PAD_LEFT = 0,           // columns of padding left of it
    parameter integer OUT_ROWS = 4,           // rows and columns of windows
    parameter integer OUT_COLS = 4,
    parameter integer BANK_ROWS = 1,          // rows and columns of taps that are read at once, see sliding_window.sv
    parameter integer BANK_COLS = 1,
    parameter integer SLOTS = 6,              // rows that a bank holds, see sliding_window.sv
    parameter WEIGHTS = "weights.hex",        // file, see linear.sv
    parameter [BANK_ROWS*BANK_COLS*LANES_IN*LANES_OUT*WEIGHT_BITS-1:0] CONSTANT_WEIGHTS = 0,   // where it has one line
    parameter BIAS = "bias.hex"               // file, see linear.sv
) (
    input  logic                          clk,
    input  logic                          rst,
    input  logic [LANES_IN*IN_BITS-1:0]   in_data,
    input  logic                          in_last,
    input  logic                          in_valid,
    output logic                          in_ready,
    output logic [LANES_OUT*SUM_BITS-1:0] out_data,
    output logic                          out_last,
    output logic                          out_valid,
    input  logic                          out_ready
);
    localparam integer TAPS = BANK_ROWS * BANK_COLS;
    localparam integer BEATS = GROUPS * (KERNEL_ROWS / BANK_ROWS) * (KERNEL_COLS / BANK_COLS);

    wire [TAPS*LANES_IN*IN_BITS-1:0] window_data;
    wire window_last, window_valid, window_ready;

    sliding_window #(
        .LANES(LANES_IN), .BITS(IN_BITS), .GROUPS(GROUPS), .ROWS(ROWS), .COLS(COLS),
        .KERNEL_ROWS(KERNEL_ROWS), .KERNEL_COLS(KERNEL_COLS),
        .STRIDE_ROWS(STRIDE_ROWS), .STRIDE_COLS(STRIDE_COLS),
        .PAD_TOP(PAD_TOP), .PAD_LEFT(PAD_LEFT), .OUT_ROWS(OUT_ROWS), .OUT_COLS(OUT_COLS),
        .BANK_ROWS(BANK_ROWS), .BANK_COLS(BANK_COLS), .SLOTS(SLOTS), .PAD_WORD(0)
    ) window (
        .clk(clk), .rst(rst),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data(window_data), .out_last(window_last), .out_valid(window_valid), .out_ready(window_ready)
    );

    linear #(
        .WORDS(TAPS * LANES_IN), .LANES(LANES_OUT), .BEATS(BEATS), .FOLDS(FOLDS),
        .IN_BITS(IN_BITS), .IN_SIGNED(IN_SIGNED), .WEIGHT_BITS(WEIGHT_BITS), .SUM_BITS(SUM_BITS),
        .MULTIPLIER_BITS(MULTIPLIER_BITS), .WEIGHTS(WEIGHTS), .CONSTANT_WEIGHTS(CONSTANT_WEIGHTS), .BIAS(BIAS)
    ) products (
        .clk(clk), .rst(rst),
        .in_data(window_data), .in_last(window_last), .in_valid(window_valid), .in_ready(window_ready),
        .out_data(out_data), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );
endmodule
