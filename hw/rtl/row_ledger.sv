// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Counts the rows that a sliding window holds, and decides if they are enough for the next row of windows.
//
// A row of windows needs the rows that it covers and all rows that it frees. Both depend only on its position, so
// tables hold them. Two counters tell, without a comparison, if a row has room and if the windows must wait.
//
// Ports     write_row: a row is written whole; read_row: a row of windows is read whole, never without `enough`;
//           room: a row is free to be written; enough: the row of windows can be read; last_row: the row of windows
//           is the sample's last
// Latency   1 cycle from a row written or read to the change of the ports
// Interval  1 cycle
module row_ledger #(
    parameter integer HELD = 6,          // rows that there is room for
    parameter integer ROWS = 6,          // of the input
    parameter integer KERNEL_ROWS = 3,   // of a window
    parameter integer STRIDE_ROWS = 1,   // from one row of windows to the next
    parameter integer PAD_TOP = 0,       // rows of padding above the input
    parameter integer OUT_ROWS = 4       // rows of windows
) (
    input  logic clk,
    input  logic rst,
    input  logic write_row,
    input  logic read_row,
    output logic room,
    output logic enough,
    output logic last_row
);
    localparam integer HELD_BITS = $clog2(HELD + 1);
    localparam integer SPARE_BITS = HELD_BITS + 2;   // between -2 and 2 times HELD
    localparam integer OUT_ROW_BITS = OUT_ROWS > 1 ? $clog2(OUT_ROWS) : 1;

    function automatic integer first_row_of(input integer row);   // the sample's first row that is covered
        integer first;
        begin
            first = row * STRIDE_ROWS - PAD_TOP;
            first_row_of = first < 0 ? 0 : first > ROWS ? ROWS : first;
        end
    endfunction
    function automatic integer freed_by(input integer row);
        freed_by = (row == OUT_ROWS - 1 ? ROWS : first_row_of(row + 1)) - first_row_of(row);
    endfunction
    function automatic integer needed_by(input integer row);
        integer bottom, covered;
        begin
            bottom = row * STRIDE_ROWS - PAD_TOP + KERNEL_ROWS;
            // A row of windows covers at least one row, so that no window of padding leaves before its sample comes.
            covered = (bottom < 1 ? 1 : bottom > ROWS ? ROWS : bottom) - first_row_of(row);
            needed_by = covered > freed_by(row) ? covered : freed_by(row);
        end
    endfunction
    // The rows that are no longer spare once the next row of windows begins.
    function automatic integer spent_by(input integer row);
        spent_by = freed_by(row) + needed_by(row == OUT_ROWS - 1 ? 0 : row + 1) - needed_by(row);
    endfunction
    function automatic [OUT_ROWS*HELD_BITS-1:0] freed_table(input integer rows);
        integer row;
        for (row = 0; row < rows; row = row + 1) freed_table[row*HELD_BITS+:HELD_BITS] = freed_by(row);
    endfunction
    function automatic [OUT_ROWS*SPARE_BITS-1:0] spent_table(input integer rows);
        integer row;
        for (row = 0; row < rows; row = row + 1) spent_table[row*SPARE_BITS+:SPARE_BITS] = spent_by(row);
    endfunction
    localparam [OUT_ROWS*HELD_BITS-1:0] FREED = freed_table(OUT_ROWS);
    localparam [OUT_ROWS*SPARE_BITS-1:0] SPENT = spent_table(OUT_ROWS);

    logic [OUT_ROW_BITS-1:0] row;                  // of windows
    logic [HELD_BITS-1:0] held, freed;             // whole rows that are still needed; those that this row frees
    logic signed [SPARE_BITS-1:0] spare, spent;    // whole rows beyond those that this row needs: below 0 it waits
    wire [OUT_ROW_BITS-1:0] next_row = last_row ? 0 : row + 1;

    assign last_row = row == OUT_ROWS - 1;
    assign room = held != HELD;
    assign enough = !spare[SPARE_BITS-1];

    always_ff @(posedge clk)
        if (rst) begin
            row <= 0;
            held <= 0;
            freed <= freed_by(0);
            spare <= -needed_by(0);
            spent <= spent_by(0);
        end else begin
            held <= held + write_row - (read_row ? freed : 0);
            spare <= spare + $signed({1'b0, write_row}) - (read_row ? spent : 0);
            if (read_row) begin
                row <= next_row;
                freed <= FREED[next_row*HELD_BITS+:HELD_BITS];
                spent <= SPENT[next_row*SPARE_BITS+:SPARE_BITS];
            end
        end
endmodule
