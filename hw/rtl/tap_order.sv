// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Brings the taps from the banks of a sliding window into their order, rows first, then columns. It puts PAD_WORD in
// the place of taps outside of the input.
//
// `move` lets all registers take their next value. A read is announced with the row and the column of its first tap,
// negative in the padding, and with the bank of this row and column. The words of the banks follow one move later.
//
// Stream    out: BANK_ROWS * BANK_COLS taps, row by row, of LANES words of BITS
// Latency   3 moves from the announcement
// Interval  1 move
module tap_order #(
    parameter integer LANES = 1,           // channels of a tap
    parameter integer BITS = 8,            // bits of a word
    parameter integer ROWS = 6,            // of the input, as COLS
    parameter integer COLS = 6,
    parameter integer BANK_ROWS = 3,       // rows and columns of taps that are read at once
    parameter integer BANK_COLS = 3,
    parameter integer ROW_BITS = 5,        // of a signed row
    parameter integer COL_BITS = 5,        // of a signed column
    parameter integer ROW_BANK_BITS = 2,   // of the number of a bank
    parameter integer COL_BANK_BITS = 2,
    parameter integer PAD_WORD = 0         // what stands in for a word outside of the input
) (
    input  logic                                      clk,
    input  logic                                      rst,
    input  logic                                      move,
    input  logic                                      in_valid,
    input  logic                                      in_last,
    input  logic signed [ROW_BITS-1:0]                in_row,
    input  logic signed [COL_BITS-1:0]                in_col,
    input  logic [ROW_BANK_BITS-1:0]                  in_row_bank,
    input  logic [COL_BANK_BITS-1:0]                  in_col_bank,
    input  logic [BANK_ROWS*BANK_COLS*LANES*BITS-1:0] banks,
    output logic [BANK_ROWS*BANK_COLS*LANES*BITS-1:0] out_data,
    output logic                                      out_last,
    output logic                                      out_valid
);
    localparam integer BEAT = LANES * BITS;
    localparam integer LINE = BANK_COLS * BEAT;

    // The values that travel beside the words: behind the memories (_read), behind the ordered rows (_rows).
    logic valid_read, valid_rows, last_read, last_rows;
    logic [ROW_BANK_BITS-1:0] row_bank_read;
    logic [COL_BANK_BITS-1:0] col_bank_read, col_bank_rows;
    logic [BANK_ROWS-1:0] row_in_read, row_in_rows;   // which rows are inside of the input
    logic [BANK_COLS-1:0] col_in_read, col_in_rows;
    logic [BANK_ROWS*LINE-1:0] rows_ordered;
    wire  [BANK_ROWS*LINE-1:0] rows_chosen, cols_chosen;

    always_ff @(posedge clk) begin
        if (rst) {valid_read, valid_rows, out_valid} <= 0;
        else if (move) {valid_read, valid_rows, out_valid} <= {in_valid, valid_read, valid_rows};
        if (move) begin
            {last_read, last_rows, out_last} <= {in_last, last_read, last_rows};
            row_bank_read <= in_row_bank;
            {col_bank_read, col_bank_rows} <= {in_col_bank, col_bank_read};
            row_in_rows <= row_in_read;
            col_in_rows <= col_in_read;
            rows_ordered <= rows_chosen;
        end
    end

    genvar r, c;
    generate
        for (c = 0; c < BANK_COLS; c = c + 1) begin : col_tap
            wire signed [COL_BITS-1:0] col = in_col + c;
            always_ff @(posedge clk) if (move) col_in_read[c] <= col >= 0 && col < COLS;
        end
        for (r = 0; r < BANK_ROWS; r = r + 1) begin : row_tap
            wire signed [ROW_BITS-1:0] row = in_row + r;
            always_ff @(posedge clk) if (move) row_in_read[r] <= row >= 0 && row < ROWS;

            // Row r of the taps is r banks after the bank of the first row.
            wire [ROW_BANK_BITS:0] row_sum = row_bank_read + r;
            wire [ROW_BANK_BITS-1:0] row_bank = row_sum >= BANK_ROWS ? row_sum - BANK_ROWS : row_sum;
            word_select #(.WIDTH(LINE), .COUNT(BANK_ROWS)) row_select
                (.words(banks), .index(row_bank), .word(rows_chosen[r*LINE+:LINE]));

            for (c = 0; c < BANK_COLS; c = c + 1) begin : place
                wire [COL_BANK_BITS:0] col_sum = col_bank_rows + c;
                wire [COL_BANK_BITS-1:0] col_bank = col_sum >= BANK_COLS ? col_sum - BANK_COLS : col_sum;
                word_select #(.WIDTH(BEAT), .COUNT(BANK_COLS)) col_select (
                    .words(rows_ordered[r*LINE+:LINE]),
                    .index(col_bank),
                    .word(cols_chosen[r*LINE+c*BEAT+:BEAT])
                );
                logic [BEAT-1:0] tap;
                always_ff @(posedge clk)
                    if (move) begin
                        if (row_in_rows[r] && col_in_rows[c]) tap <= cols_chosen[r*LINE+c*BEAT+:BEAT];
                        else tap <= {LANES{PAD_WORD[BITS-1:0]}};
                    end
                assign out_data[r*LINE+c*BEAT+:BEAT] = tap;
            end
        end
    endgenerate
endmodule
