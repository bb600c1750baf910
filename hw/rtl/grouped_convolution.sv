// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// A folded convolution in groups: windows, and a matrix-vector product of each group of channels.
//
// In fpgaConvNet's words LANES_IN is coarse_in, LANES_OUT coarse_out, BLOCKS coarse_group and BANK_ROWS * BANK_COLS
// fine. Channels go group by group, and so do filters: where BLOCKS > 1, a beat holds all channels of its groups, or
// all of their filters.
//
// Weights   as in grouped_linear.sv; the words of a group in a beat are taps (row by row) of LANES_IN channels, the
//           beats of a group go by its channels, then by tap
// Stream    in: LANES_IN words of IN_BITS of each of BLOCKS groups a beat, GROUPS beats a position; out: LANES_OUT
//           signed sums of SUM_BITS of each, ROUNDS * FOLDS beats a position
// Latency   8 + $clog2(BANK_ROWS * BANK_COLS * LANES_IN) cycles from the last beat of a window's last row to its first
//           sums, where the channels of a group under a window are one beat
// Interval  max(OUT_ROWS * OUT_COLS * GROUPS * KERNEL_ROWS / BANK_ROWS * KERNEL_COLS / BANK_COLS * FOLDS,
//           ROWS * COLS * GROUPS) cycles a sample
module grouped_convolution #(
    parameter integer LANES_IN = 1,           // input channels of a group a beat
    parameter integer LANES_OUT = 1,          // filters of a group at once
    parameter integer BLOCKS = 2,             // groups at once
    parameter integer ROUNDS = 1,             // groups / BLOCKS
    parameter integer GROUPS = 1,             // beats of a position: input channels / (LANES_IN * BLOCKS)
    parameter integer FOLDS = 1,              // filters of a group / LANES_OUT
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
    parameter WEIGHTS = "weights.hex",        // file, see grouped_linear.sv
    parameter [BLOCKS*BANK_ROWS*BANK_COLS*LANES_IN*LANES_OUT*WEIGHT_BITS-1:0] CONSTANT_WEIGHTS = 0,   // its one line
    parameter BIAS = "bias.hex"               // file, see grouped_linear.sv
) (
    input  logic                                 clk,
    input  logic                                 rst,
    input  logic [BLOCKS*LANES_IN*IN_BITS-1:0]   in_data,
    input  logic                                 in_last,
    input  logic                                 in_valid,
    output logic                                 in_ready,
    output logic [BLOCKS*LANES_OUT*SUM_BITS-1:0] out_data,
    output logic                                 out_last,
    output logic                                 out_valid,
    input  logic                                 out_ready
);
    localparam integer TAPS = BANK_ROWS * BANK_COLS;
    localparam integer BEATS = GROUPS / ROUNDS * (KERNEL_ROWS / BANK_ROWS) * (KERNEL_COLS / BANK_COLS);
    localparam integer PART = LANES_IN * IN_BITS;   // of a group, of one tap

    wire [TAPS*BLOCKS*PART-1:0] window_data, grouped_data;
    wire window_last, window_valid, window_ready;

    sliding_window #(
        .LANES(BLOCKS * LANES_IN), .BITS(IN_BITS), .GROUPS(GROUPS), .ROWS(ROWS), .COLS(COLS),
        .KERNEL_ROWS(KERNEL_ROWS), .KERNEL_COLS(KERNEL_COLS),
        .STRIDE_ROWS(STRIDE_ROWS), .STRIDE_COLS(STRIDE_COLS),
        .PAD_TOP(PAD_TOP), .PAD_LEFT(PAD_LEFT), .OUT_ROWS(OUT_ROWS), .OUT_COLS(OUT_COLS),
        .BANK_ROWS(BANK_ROWS), .BANK_COLS(BANK_COLS), .SLOTS(SLOTS), .PAD_WORD(0)
    ) window (
        .clk(clk), .rst(rst),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data(window_data), .out_last(window_last), .out_valid(window_valid), .out_ready(window_ready)
    );

    // From tap by tap to group by group.
    genvar t, block;
    generate
        for (block = 0; block < BLOCKS; block = block + 1) begin : group
            for (t = 0; t < TAPS; t = t + 1) begin : tap
                assign grouped_data[(block*TAPS+t)*PART+:PART] = window_data[(t*BLOCKS+block)*PART+:PART];
            end
        end
    endgenerate

    grouped_linear #(
        .WORDS(TAPS * LANES_IN), .LANES(LANES_OUT), .BLOCKS(BLOCKS), .ROUNDS(ROUNDS), .BEATS(BEATS), .FOLDS(FOLDS),
        .IN_BITS(IN_BITS), .IN_SIGNED(IN_SIGNED), .WEIGHT_BITS(WEIGHT_BITS), .SUM_BITS(SUM_BITS),
        .MULTIPLIER_BITS(MULTIPLIER_BITS), .WEIGHTS(WEIGHTS), .CONSTANT_WEIGHTS(CONSTANT_WEIGHTS), .BIAS(BIAS)
    ) products (
        .clk(clk), .rst(rst),
        .in_data(grouped_data), .in_last(window_last), .in_valid(window_valid), .in_ready(window_ready),
        .out_data(out_data), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );
endmodule
