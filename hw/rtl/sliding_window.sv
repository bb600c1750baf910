// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Makes the windows of a convolution or a pooling, in raster order, from a stream of positions.
//
// Rows are kept in BANK_ROWS * BANK_COLS memories: row r and column c in bank (r mod BANK_ROWS, c mod BANK_COLS).
// BANK_ROWS is 1 or KERNEL_ROWS, and BANK_COLS is 1 or KERNEL_COLS. So every bank holds one of the taps that are read
// together, and only the order of the taps has to be restored. Padding is not stored and costs no cycle: taps in the
// padding are replaced behind the memories. Windows are read while later rows of this or the next sample are written.
//
// Stream    in: LANES words of BITS a beat, GROUPS beats a position, raster order.
//           out: BANK_ROWS * BANK_COLS taps (row by row) of LANES words; for every window first all taps of the
//           first group of channels, then all taps of the next; `last` on the sample's final beat
// Latency   4 cycles from the last beat of a window's last row to the window's first beat
// Interval  max(OUT_ROWS * OUT_COLS * GROUPS * KERNEL_ROWS / BANK_ROWS * KERNEL_COLS / BANK_COLS,
//           ROWS * COLS * GROUPS) cycles a sample, one beat a cycle
module sliding_window #(
    parameter integer LANES = 1,         // channels a beat
    parameter integer BITS = 8,          // bits of a word
    parameter integer GROUPS = 1,        // channels / LANES
    parameter integer ROWS = 6,          // of the input, as COLS
    parameter integer COLS = 6,
    parameter integer KERNEL_ROWS = 3,   // taps of a window, KERNEL_ROWS * KERNEL_COLS
    parameter integer KERNEL_COLS = 3,
    parameter integer STRIDE_ROWS = 1,   // from one window to the next, as STRIDE_COLS
    parameter integer STRIDE_COLS = 1,
    parameter integer PAD_TOP = 0,       // rows of padding above the input
    parameter integer PAD_LEFT = 0,      // columns of padding left of it
    parameter integer OUT_ROWS = 4,      // rows and columns of windows
    parameter integer OUT_COLS = 4,
    parameter integer BANK_ROWS = 1,     // rows and columns of taps that are read at once, the banks
    parameter integer BANK_COLS = 1,
    parameter integer SLOTS = 6,         // rows that a bank holds; SLOTS * BANK_ROWS >= 2 * max of kernel and stride
    parameter integer PAD_WORD = 0       // what stands in for a word outside of the input
) (
    input  logic                                      clk,
    input  logic                                      rst,
    input  logic [LANES*BITS-1:0]                     in_data,
    input  logic                                      in_last,   // not needed: the sample's size is known
    input  logic                                      in_valid,
    output logic                                      in_ready,
    output logic [BANK_ROWS*BANK_COLS*LANES*BITS-1:0] out_data,
    output logic                                      out_last,
    output logic                                      out_valid,
    input  logic                                      out_ready
);
    localparam integer BEAT = LANES * BITS;
    localparam integer LINE = ((COLS + BANK_COLS - 1) / BANK_COLS) * GROUPS;    // words of a row in a bank
    localparam integer OFFSET_BITS = LINE > 1 ? $clog2(LINE) : 1;
    localparam integer SLOT_BITS = SLOTS > 1 ? $clog2(SLOTS) : 1;
    localparam integer ROW_BANK_BITS = BANK_ROWS > 1 ? $clog2(BANK_ROWS) : 1;
    localparam integer COL_BANK_BITS = BANK_COLS > 1 ? $clog2(BANK_COLS) : 1;
    // Widths of signed positions, from -padding to beyond the last window.
    localparam integer ROW_BITS = $clog2(ROWS + OUT_ROWS * STRIDE_ROWS + KERNEL_ROWS + PAD_TOP + 1) + 1;
    localparam integer COL_BITS = $clog2(COLS + OUT_COLS * STRIDE_COLS + KERNEL_COLS + PAD_LEFT + 1) + 1;

    // ---- Writing: one beat a cycle while a row is free.
    wire write = in_valid && in_ready, write_row_done;
    wire [ROW_BANK_BITS-1:0] write_row_bank;
    wire [COL_BANK_BITS-1:0] write_col_bank;
    wire [SLOT_BITS-1:0]     write_slot;
    wire [OFFSET_BITS-1:0]   write_offset;
    window_writer #(
        .GROUPS(GROUPS), .COLS(COLS), .BANK_ROWS(BANK_ROWS), .BANK_COLS(BANK_COLS), .SLOTS(SLOTS),
        .COL_BITS(COL_BITS), .ROW_BANK_BITS(ROW_BANK_BITS), .COL_BANK_BITS(COL_BANK_BITS), .SLOT_BITS(SLOT_BITS),
        .OFFSET_BITS(OFFSET_BITS)
    ) writer (
        .clk(clk), .rst(rst), .write(write), .row_done(write_row_done),
        .row_bank(write_row_bank), .col_bank(write_col_bank), .slot(write_slot), .offset(write_offset)
    );

    // ---- Reading: one read a cycle while the rows of the windows are there.
    wire enough, last_row, row_done;           // of the row of windows
    wire move = !out_valid || out_ready;
    wire step = move && enough;
    wire signed [ROW_BITS-1:0] row;            // of the first of the taps that are read
    wire signed [COL_BITS-1:0] col;
    wire [ROW_BANK_BITS-1:0]   row_bank;
    wire [COL_BANK_BITS-1:0]   col_bank;
    wire [SLOT_BITS-1:0]       first_slot;
    wire [OFFSET_BITS-1:0]     first_offset;
    window_reader #(
        .GROUPS(GROUPS), .ROWS(ROWS), .KERNEL_ROWS(KERNEL_ROWS), .KERNEL_COLS(KERNEL_COLS),
        .STRIDE_ROWS(STRIDE_ROWS), .STRIDE_COLS(STRIDE_COLS), .PAD_TOP(PAD_TOP), .PAD_LEFT(PAD_LEFT),
        .OUT_ROWS(OUT_ROWS), .OUT_COLS(OUT_COLS), .BANK_ROWS(BANK_ROWS), .BANK_COLS(BANK_COLS), .SLOTS(SLOTS),
        .ROW_BITS(ROW_BITS), .COL_BITS(COL_BITS), .ROW_BANK_BITS(ROW_BANK_BITS), .COL_BANK_BITS(COL_BANK_BITS),
        .SLOT_BITS(SLOT_BITS), .OFFSET_BITS(OFFSET_BITS)
    ) reader (
        .clk(clk), .rst(rst), .step(step), .last_row(last_row), .row_done(row_done),
        .row(row), .col(col), .row_bank(row_bank), .col_bank(col_bank), .slot(first_slot), .offset(first_offset)
    );

    row_ledger #(
        .HELD(SLOTS * BANK_ROWS), .ROWS(ROWS), .KERNEL_ROWS(KERNEL_ROWS), .STRIDE_ROWS(STRIDE_ROWS),
        .PAD_TOP(PAD_TOP), .OUT_ROWS(OUT_ROWS)
    ) ledger (
        .clk(clk), .rst(rst), .write_row(write_row_done), .read_row(step && row_done),
        .room(in_ready), .enough(enough), .last_row(last_row)
    );

    // ---- Banks. A bank before the bank of the window's first tap is read one slot or one column further.
    wire [BANK_ROWS*BANK_COLS*BEAT-1:0] banks;
    wire [SLOT_BITS-1:0] slot_after = first_slot == SLOTS - 1 ? 0 : first_slot + 1;
    wire [OFFSET_BITS-1:0] offset_after = first_offset + GROUPS;

    genvar r, c;
    generate
        for (r = 0; r < BANK_ROWS; r = r + 1) begin : bank_row
            for (c = 0; c < BANK_COLS; c = c + 1) begin : bank_col
                logic [BEAT-1:0] memory [0:(1<<OFFSET_BITS)*SLOTS-1];
                logic [BEAT-1:0] word;
                wire [SLOT_BITS-1:0] slot = r < row_bank ? slot_after : first_slot;
                wire [OFFSET_BITS-1:0] offset = c < col_bank ? offset_after : first_offset;
                wire here = write && write_row_bank == r && write_col_bank == c;
                always_ff @(posedge clk) begin
                    if (here) memory[{write_slot, write_offset}] <= in_data;
                    if (move) word <= memory[{slot, offset}];
                end
                assign banks[(r*BANK_COLS+c)*BEAT+:BEAT] = word;
            end
        end
    endgenerate

    // ---- Order and padding.
    tap_order #(
        .LANES(LANES), .BITS(BITS), .ROWS(ROWS), .COLS(COLS), .BANK_ROWS(BANK_ROWS), .BANK_COLS(BANK_COLS),
        .ROW_BITS(ROW_BITS), .COL_BITS(COL_BITS), .ROW_BANK_BITS(ROW_BANK_BITS), .COL_BANK_BITS(COL_BANK_BITS),
        .PAD_WORD(PAD_WORD)
    ) order (
        .clk(clk), .rst(rst), .move(move),
        .in_valid(step), .in_last(row_done && last_row),
        .in_row(row), .in_col(col), .in_row_bank(row_bank), .in_col_bank(col_bank),
        .banks(banks),
        .out_data(out_data), .out_last(out_last), .out_valid(out_valid)
    );
endmodule
