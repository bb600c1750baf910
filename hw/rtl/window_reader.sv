// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Gives the places of the taps in the banks of a sliding window, read by read.
//
// Windows come in raster order. A window comes group by group, and a group tap by tap: by column, then by row. One
// read takes BANK_ROWS * BANK_COLS taps, one from each bank. In the banks before the bank of the window's first tap
// the place is one slot or one column further. The reader of the banks must add this step.
//
// Ports     step: a read is made; last_row: the row of windows is its sample's last; row_done: the read is the
//           last of its row of windows; row, col: the position of the read's first tap, negative in the padding;
//           row_bank, col_bank: the bank of the window's first tap; slot, offset: the place of the read's first tap
//           in its bank
// Latency   1 cycle from a read to the place of the next
// Interval  1 cycle
module window_reader #(
    parameter integer GROUPS = 1,          // words a column in a bank
    parameter integer ROWS = 6,            // of the input
    parameter integer KERNEL_ROWS = 3,     // taps of a window, KERNEL_ROWS * KERNEL_COLS
    parameter integer KERNEL_COLS = 3,
    parameter integer STRIDE_ROWS = 1,     // from one window to the next, as STRIDE_COLS
    parameter integer STRIDE_COLS = 1,
    parameter integer PAD_TOP = 0,         // rows of padding above the input
    parameter integer PAD_LEFT = 0,        // columns of padding left of it
    parameter integer OUT_ROWS = 4,        // rows and columns of windows
    parameter integer OUT_COLS = 4,
    parameter integer BANK_ROWS = 1,       // rows and columns of banks
    parameter integer BANK_COLS = 1,
    parameter integer SLOTS = 6,           // rows that a bank holds
    parameter integer ROW_BITS = 5,        // of a signed row
    parameter integer COL_BITS = 5,        // of a signed column
    parameter integer ROW_BANK_BITS = 1,   // of the number of a bank
    parameter integer COL_BANK_BITS = 1,
    parameter integer SLOT_BITS = 3,       // of the number of a slot
    parameter integer OFFSET_BITS = 3      // of a word in a slot
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic                       step,
    input  logic                       last_row,
    output logic                       row_done,
    output logic signed [ROW_BITS-1:0] row,
    output logic signed [COL_BITS-1:0] col,
    output logic [ROW_BANK_BITS-1:0]   row_bank,
    output logic [COL_BANK_BITS-1:0]   col_bank,
    output logic [SLOT_BITS-1:0]       slot,
    output logic [OFFSET_BITS-1:0]     offset
);
    // The reads that a window's rows and columns take.
    localparam integer TAP_ROWS = KERNEL_ROWS / BANK_ROWS, TAP_COLS = KERNEL_COLS / BANK_COLS;
    localparam integer TAP_ROW_BITS = TAP_ROWS > 1 ? $clog2(TAP_ROWS) : 1;
    localparam integer TAP_COL_BITS = TAP_COLS > 1 ? $clog2(TAP_COLS) : 1;
    localparam integer GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam integer OUT_COL_BITS = OUT_COLS > 1 ? $clog2(OUT_COLS) : 1;
    // The first row of the padding, counted from row 0 in rows of the banks, and the first column likewise.
    localparam integer HELD = SLOTS * BANK_ROWS;
    localparam integer FIRST_ROW = HELD * PAD_TOP - PAD_TOP;
    localparam integer FIRST_COL_BANK = (BANK_COLS * PAD_LEFT - PAD_LEFT) % BANK_COLS;
    localparam integer FIRST_OFFSET = -((PAD_LEFT + BANK_COLS - 1) / BANK_COLS) * GROUPS;
    // The steps from one window to the next, and from a sample's last row of windows to the next sample's first row.
    // A step is a number of banks, and also of slots or words where it passes the last bank.
    localparam integer JUMP = (ROWS - (OUT_ROWS - 1) * STRIDE_ROWS) % HELD + HELD;
    localparam integer JUMP_BANKS = JUMP % BANK_ROWS, JUMP_SLOTS = JUMP / BANK_ROWS % SLOTS;
    localparam integer ROW_STEP_BANKS = STRIDE_ROWS % BANK_ROWS, ROW_STEP_SLOTS = STRIDE_ROWS / BANK_ROWS % SLOTS;
    localparam integer COL_STEP_BANKS = STRIDE_COLS % BANK_COLS, COL_STEP_OFFSET = STRIDE_COLS / BANK_COLS * GROUPS;

    logic signed [ROW_BITS-1:0] top;           // of the window's first tap
    logic signed [COL_BITS-1:0] left;
    logic [SLOT_BITS-1:0]       top_slot;
    logic [OFFSET_BITS-1:0]     left_offset;

    // Counters from 0, which tell when the taps, the groups and the windows of a row end.
    logic [OUT_COL_BITS-1:0] out_col;
    logic [GROUP_BITS-1:0]   group;
    logic [TAP_ROW_BITS-1:0] tap_row;
    logic [TAP_COL_BITS-1:0] tap_col;
    wire taps_in_row_done = tap_col == TAP_COLS - 1;
    wire taps_done = taps_in_row_done && tap_row == TAP_ROWS - 1;
    wire window_done = taps_done && group == GROUPS - 1;
    assign row_done = window_done && out_col == OUT_COLS - 1;

    // The places where the next row of windows and the next window begin.
    wire signed [ROW_BITS-1:0] next_top = last_row ? -PAD_TOP : top + STRIDE_ROWS;
    wire [ROW_BANK_BITS:0] bank_sum = row_bank + (last_row ? JUMP_BANKS : ROW_STEP_BANKS);
    wire bank_carry = bank_sum >= BANK_ROWS;
    wire [SLOT_BITS:0] slot_sum = top_slot + (last_row ? JUMP_SLOTS : ROW_STEP_SLOTS) + bank_carry;
    wire [SLOT_BITS-1:0] next_slot = slot_sum >= SLOTS ? slot_sum - SLOTS : slot_sum;
    wire [COL_BANK_BITS:0] col_sum = col_bank + COL_STEP_BANKS;
    wire col_carry = col_sum >= BANK_COLS;
    wire [OFFSET_BITS-1:0] next_offset = left_offset + COL_STEP_OFFSET + (col_carry ? GROUPS : 0);

    always_ff @(posedge clk)
        if (rst) begin
            {out_col, group, tap_row, tap_col} <= 0;
            top <= -PAD_TOP;
            left <= -PAD_LEFT;
            row <= -PAD_TOP;
            col <= -PAD_LEFT;
            row_bank <= FIRST_ROW % BANK_ROWS;
            top_slot <= FIRST_ROW / BANK_ROWS % SLOTS;
            slot <= FIRST_ROW / BANK_ROWS % SLOTS;
            col_bank <= FIRST_COL_BANK;
            left_offset <= FIRST_OFFSET;
            offset <= FIRST_OFFSET;
        end else if (step) begin
            // Later rules take larger steps: to the next tap, row of taps, group, window, row of windows.
            tap_col <= tap_col + 1;
            col <= col + BANK_COLS;
            offset <= offset + GROUPS;
            if (taps_in_row_done) begin
                tap_col <= 0;
                tap_row <= tap_row + 1;
                col <= left;
                row <= row + BANK_ROWS;
                slot <= slot == SLOTS - 1 ? 0 : slot + 1;
                offset <= left_offset + group;
            end
            if (taps_done) begin
                tap_row <= 0;
                group <= group + 1;
                row <= top;
                slot <= top_slot;
                offset <= left_offset + group + 1;
            end
            if (window_done) begin
                group <= 0;
                out_col <= out_col + 1;
                left <= left + STRIDE_COLS;
                col <= left + STRIDE_COLS;
                col_bank <= col_carry ? col_sum - BANK_COLS : col_sum;
                left_offset <= next_offset;
                offset <= next_offset;
            end
            if (row_done) begin
                out_col <= 0;
                left <= -PAD_LEFT;
                col <= -PAD_LEFT;
                col_bank <= FIRST_COL_BANK;
                left_offset <= FIRST_OFFSET;
                offset <= FIRST_OFFSET;
                top <= next_top;
                row <= next_top;
                row_bank <= bank_carry ? bank_sum - BANK_ROWS : bank_sum;
                top_slot <= next_slot;
                slot <= next_slot;
            end
        end
endmodule
