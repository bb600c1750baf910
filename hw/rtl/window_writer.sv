// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Gives the place of each beat of a stream of positions in the banks of a sliding window.
//
// Positions come in raster order, and the groups of a position one after another. Row r and column c go to bank
// (r mod BANK_ROWS, c mod BANK_COLS). In a bank, a row has one slot; in a slot, a column and group have one word.
//
// Ports     write: a beat is taken; row_done: the beat is the last of its row; row_bank, col_bank, slot, offset: the
//           place of the beat
// Latency   1 cycle from a beat to the place of the next
// Interval  1 cycle
module window_writer #(
    parameter integer GROUPS = 1,          // beats a position
    parameter integer COLS = 6,            // of the input
    parameter integer BANK_ROWS = 1,       // rows and columns of banks
    parameter integer BANK_COLS = 1,
    parameter integer SLOTS = 6,           // rows that a bank holds
    parameter integer COL_BITS = 5,        // of a column
    parameter integer ROW_BANK_BITS = 1,   // of the number of a bank
    parameter integer COL_BANK_BITS = 1,
    parameter integer SLOT_BITS = 3,       // of the number of a slot
    parameter integer OFFSET_BITS = 3      // of a word in a slot
) (
    input  logic                     clk,
    input  logic                     rst,
    input  logic                     write,
    output logic                     row_done,
    output logic [ROW_BANK_BITS-1:0] row_bank,
    output logic [COL_BANK_BITS-1:0] col_bank,
    output logic [SLOT_BITS-1:0]     slot,
    output logic [OFFSET_BITS-1:0]   offset
);
    localparam integer GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;

    logic [GROUP_BITS-1:0]  group;
    logic [COL_BITS-1:0]    col;
    logic [OFFSET_BITS-1:0] col_offset;    // of the column's first group
    wire position_done = group == GROUPS - 1;

    assign row_done = write && position_done && col == COLS - 1;
    assign offset = col_offset + group;

    always_ff @(posedge clk)
        if (rst) begin
            group <= 0;
            col <= 0;
            col_bank <= 0;
            col_offset <= 0;
            row_bank <= 0;
            slot <= 0;
        end else if (write) begin
            group <= position_done ? 0 : group + 1;
            if (row_done) begin
                col <= 0;
                col_bank <= 0;
                col_offset <= 0;
                row_bank <= row_bank == BANK_ROWS - 1 ? 0 : row_bank + 1;
                if (row_bank == BANK_ROWS - 1) slot <= slot == SLOTS - 1 ? 0 : slot + 1;
            end else if (position_done) begin
                col <= col + 1;
                col_bank <= col_bank == BANK_COLS - 1 ? 0 : col_bank + 1;
                if (col_bank == BANK_COLS - 1) col_offset <= col_offset + GROUPS;
            end
        end
endmodule
