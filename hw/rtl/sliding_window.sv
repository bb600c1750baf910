// The windows of a convolution or a pooling, in raster order, from a stream of positions.
//
// Rows are kept in BANK_ROWS * BANK_COLS memories, row r and column c in bank (r mod BANK_ROWS,
// c mod BANK_COLS). BANK_ROWS is 1 or KERNEL_ROWS, BANK_COLS is 1 or KERNEL_COLS, so that every bank holds one
// of the taps that are read together, and only their order has to be restored. Padding is not stored and costs no
// cycle: such taps are replaced behind the memories. Windows are read while later rows, also those of the next
// sample, are written.
//
// Stream    in: LANES words of BITS a beat, GROUPS beats a position, raster order.
//           out: BANK_ROWS * BANK_COLS taps (row by row) of LANES words; for every window first all taps of the
//           first group of channels, then all of the next; `last` on the sample's final beat
// Latency   a window leaves 4 cycles after its last row is complete
// Interval  one beat a cycle: OUT_ROWS * OUT_COLS * GROUPS * KERNEL_ROWS / BANK_ROWS * KERNEL_COLS / BANK_COLS,
//           or ROWS * COLS * GROUPS where that is more
module sliding_window #(
    parameter integer LANES = 1,
    parameter integer BITS = 8,
    parameter integer GROUPS = 1,       // channels / LANES
    parameter integer ROWS = 6,
    parameter integer COLS = 6,
    parameter integer KERNEL_ROWS = 3,
    parameter integer KERNEL_COLS = 3,
    parameter integer STRIDE_ROWS = 1,
    parameter integer STRIDE_COLS = 1,
    parameter integer PAD_TOP = 0,
    parameter integer PAD_LEFT = 0,
    parameter integer OUT_ROWS = 4,
    parameter integer OUT_COLS = 4,
    parameter integer BANK_ROWS = 1,
    parameter integer BANK_COLS = 1,
    parameter integer SLOTS = 6,        // rows that a bank holds; SLOTS * BANK_ROWS >= 2 * max(KERNEL_ROWS, STRIDE_ROWS)
    parameter integer PAD_WORD = 0      // what stands in for a word outside of the input
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
    localparam integer HELD = SLOTS * BANK_ROWS;                                // rows in all banks
    localparam integer LINE = ((COLS + BANK_COLS - 1) / BANK_COLS) * GROUPS;    // words of a row in a bank
    localparam integer OFFSET_BITS = LINE > 1 ? $clog2(LINE) : 1;
    localparam integer SLOT_BITS = SLOTS > 1 ? $clog2(SLOTS) : 1;
    localparam integer GROUP_BITS = GROUPS > 1 ? $clog2(GROUPS) : 1;
    localparam integer ROW_BANK_BITS = BANK_ROWS > 1 ? $clog2(BANK_ROWS) : 1;
    localparam integer COL_BANK_BITS = BANK_COLS > 1 ? $clog2(BANK_COLS) : 1;
    // Signed positions from -padding to beyond the last window.
    localparam integer ROW_BITS = $clog2(ROWS + OUT_ROWS * STRIDE_ROWS + KERNEL_ROWS + PAD_TOP + 1) + 1;
    localparam integer COL_BITS = $clog2(COLS + OUT_COLS * STRIDE_COLS + KERNEL_COLS + PAD_LEFT + 1) + 1;
    // Steps that make up a window's rows and columns.
    localparam integer TAP_ROWS = KERNEL_ROWS / BANK_ROWS, TAP_COLS = KERNEL_COLS / BANK_COLS;
    localparam integer TAP_ROW_BITS = TAP_ROWS > 1 ? $clog2(TAP_ROWS) : 1;
    localparam integer TAP_COL_BITS = TAP_COLS > 1 ? $clog2(TAP_COLS) : 1;
    localparam integer OUT_COL_BITS = OUT_COLS > 1 ? $clog2(OUT_COLS) : 1;
    // From the last window's row to the next sample's first, in rows of the banks.
    localparam integer JUMP = (ROWS - (OUT_ROWS - 1) * STRIDE_ROWS) % HELD + HELD;
    // From row 0 up to the padding's first row, and the same for columns.
    localparam integer FIRST_ROW = HELD * PAD_TOP - PAD_TOP;
    localparam integer FIRST_COL_BANK = (BANK_COLS * PAD_LEFT - PAD_LEFT) % BANK_COLS;
    localparam integer FIRST_COL_OFFSET = -((PAD_LEFT + BANK_COLS - 1) / BANK_COLS) * GROUPS;

    // ---- Writing: one beat a cycle while a row is free.
    logic [GROUP_BITS-1:0]    write_group;
    logic [COL_BITS-1:0]      write_col;
    logic [COL_BANK_BITS-1:0] write_col_bank;
    logic [OFFSET_BITS-1:0]   write_offset;    // of the column's first group
    logic [ROW_BANK_BITS-1:0] write_row_bank;
    logic [SLOT_BITS-1:0]     write_slot;

    wire write = in_valid && in_ready;
    wire write_position_done = write_group == GROUPS - 1;
    wire write_row_done = write && write_position_done && write_col == COLS - 1;

    always_ff @(posedge clk)
        if (rst) begin
            write_group <= 0;
            write_col <= 0;
            write_col_bank <= 0;
            write_offset <= 0;
            write_row_bank <= 0;
            write_slot <= 0;
        end else if (write) begin
            write_group <= write_position_done ? 0 : write_group + 1;
            if (write_row_done) begin
                write_col <= 0;
                write_col_bank <= 0;
                write_offset <= 0;
                write_row_bank <= write_row_bank == BANK_ROWS - 1 ? 0 : write_row_bank + 1;
                if (write_row_bank == BANK_ROWS - 1) write_slot <= write_slot == SLOTS - 1 ? 0 : write_slot + 1;
            end else if (write_position_done) begin
                write_col <= write_col + 1;
                write_col_bank <= write_col_bank == BANK_COLS - 1 ? 0 : write_col_bank + 1;
                if (write_col_bank == BANK_COLS - 1) write_offset <= write_offset + GROUPS;
            end
        end

    // ---- Reading: window by window, in a window group by group, in a group tap by tap.
    logic signed [ROW_BITS-1:0] top;           // row of the window's first tap, negative in the padding
    logic signed [COL_BITS-1:0] left;
    logic [ROW_BANK_BITS-1:0]   top_bank;      // bank and slot of that row
    logic [SLOT_BITS-1:0]       top_slot, tap_slot;
    logic [COL_BANK_BITS-1:0]   left_bank;
    logic [OFFSET_BITS-1:0]     left_offset, tap_offset;
    logic signed [ROW_BITS-1:0] tap_row;       // first row and column of the taps that are read together
    logic signed [COL_BITS-1:0] tap_col;

    // The same places, counted from 0: what has its end reached?
    logic [OUT_COL_BITS-1:0] out_col;
    logic [GROUP_BITS-1:0]   group;
    logic [TAP_ROW_BITS-1:0] tap_row_count;
    logic [TAP_COL_BITS-1:0] tap_col_count;
    wire taps_in_row_done = tap_col_count == TAP_COLS - 1;
    wire taps_done = taps_in_row_done && tap_row_count == TAP_ROWS - 1;
    wire window_done = taps_done && group == GROUPS - 1;
    wire row_done = window_done && out_col == OUT_COLS - 1;
    wire enough, last_row;                     // of the row of windows
    wire sample_done = row_done && last_row;
    wire signed [ROW_BITS-1:0] next_top = last_row ? -PAD_TOP : top + STRIDE_ROWS;

    wire move = !out_valid || out_ready;
    wire step = move && enough;

    row_ledger #(
        .HELD(HELD), .ROWS(ROWS), .KERNEL_ROWS(KERNEL_ROWS), .STRIDE_ROWS(STRIDE_ROWS), .PAD_TOP(PAD_TOP),
        .OUT_ROWS(OUT_ROWS)
    ) ledger (
        .clk(clk), .rst(rst), .write_row(write_row_done), .read_row(step && row_done),
        .room(in_ready), .enough(enough), .last_row(last_row)
    );

    // Where the next window is in the banks: so many banks on, and slots as well where that passes the last bank.
    localparam integer ROW_STEP_BANKS = STRIDE_ROWS % BANK_ROWS, ROW_STEP_SLOTS = STRIDE_ROWS / BANK_ROWS % SLOTS;
    localparam integer JUMP_BANKS = JUMP % BANK_ROWS, JUMP_SLOTS = JUMP / BANK_ROWS % SLOTS;
    localparam integer COL_STEP_BANKS = STRIDE_COLS % BANK_COLS, COL_STEP_OFFSET = STRIDE_COLS / BANK_COLS * GROUPS;
    wire [ROW_BANK_BITS:0] bank_sum = top_bank + (last_row ? JUMP_BANKS : ROW_STEP_BANKS);
    wire bank_carry = bank_sum >= BANK_ROWS;
    wire [SLOT_BITS:0] slot_sum = top_slot + (last_row ? JUMP_SLOTS : ROW_STEP_SLOTS) + bank_carry;
    wire [SLOT_BITS-1:0] next_slot = slot_sum >= SLOTS ? slot_sum - SLOTS : slot_sum;
    wire [COL_BANK_BITS:0] col_sum = left_bank + COL_STEP_BANKS;
    wire col_carry = col_sum >= BANK_COLS;
    wire [OFFSET_BITS-1:0] next_offset = left_offset + COL_STEP_OFFSET + (col_carry ? GROUPS : 0);

    always_ff @(posedge clk)
        if (rst) begin
            {out_col, group, tap_row_count, tap_col_count} <= 0;
            top <= -PAD_TOP;
            left <= -PAD_LEFT;
            tap_row <= -PAD_TOP;
            tap_col <= -PAD_LEFT;
            top_bank <= FIRST_ROW % BANK_ROWS;
            top_slot <= FIRST_ROW / BANK_ROWS % SLOTS;
            tap_slot <= FIRST_ROW / BANK_ROWS % SLOTS;
            left_bank <= FIRST_COL_BANK;
            left_offset <= FIRST_COL_OFFSET;
            tap_offset <= FIRST_COL_OFFSET;
        end else if (step) begin
            // Taps go by column, then by row; each is a beat only where its direction has one bank.
            tap_col_count <= tap_col_count + 1;
            tap_col <= tap_col + BANK_COLS;
            tap_offset <= tap_offset + GROUPS;
            if (taps_in_row_done) begin
                tap_col_count <= 0;
                tap_row_count <= tap_row_count + 1;
                tap_col <= left;
                tap_row <= tap_row + BANK_ROWS;
                tap_slot <= tap_slot == SLOTS - 1 ? 0 : tap_slot + 1;
                tap_offset <= left_offset + group;
            end
            if (taps_done) begin
                tap_row_count <= 0;
                group <= group + 1;
                tap_row <= top;
                tap_slot <= top_slot;
                tap_offset <= left_offset + group + 1;
            end
            if (window_done) begin
                group <= 0;
                out_col <= out_col + 1;
                left <= left + STRIDE_COLS;
                tap_col <= left + STRIDE_COLS;
                left_bank <= col_carry ? col_sum - BANK_COLS : col_sum;
                left_offset <= next_offset;
                tap_offset <= next_offset;
            end
            if (row_done) begin
                out_col <= 0;
                left <= -PAD_LEFT;
                tap_col <= -PAD_LEFT;
                left_bank <= FIRST_COL_BANK;
                left_offset <= FIRST_COL_OFFSET;
                tap_offset <= FIRST_COL_OFFSET;
                top <= next_top;
                tap_row <= next_top;
                top_bank <= bank_carry ? bank_sum - BANK_ROWS : bank_sum;
                top_slot <= next_slot;
                tap_slot <= next_slot;
            end
        end

    // ---- The banks. A tap left of or above the window's own bank lies one slot or offset further.
    wire [BANK_ROWS*BANK_COLS*BEAT-1:0] banks;
    wire [SLOT_BITS-1:0] slot_after = tap_slot == SLOTS - 1 ? 0 : tap_slot + 1;
    wire [OFFSET_BITS-1:0] offset_after = tap_offset + GROUPS;

    genvar r, c;
    generate
        for (r = 0; r < BANK_ROWS; r = r + 1) begin : bank_row
            for (c = 0; c < BANK_COLS; c = c + 1) begin : bank_col
                logic [BEAT-1:0] memory [0:(1<<OFFSET_BITS)*SLOTS-1];
                logic [BEAT-1:0] word;
                wire [SLOT_BITS-1:0] slot = r < top_bank ? slot_after : tap_slot;
                wire [OFFSET_BITS-1:0] offset = c < left_bank ? offset_after : tap_offset;
                wire [OFFSET_BITS-1:0] write_at = write_offset + write_group;
                wire here = write && write_row_bank == r && write_col_bank == c;
                always_ff @(posedge clk) begin
                    if (here) memory[{write_slot, write_at}] <= in_data;
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
        .in_valid(step), .in_last(sample_done),
        .in_row(tap_row), .in_col(tap_col), .in_row_bank(top_bank), .in_col_bank(left_bank),
        .banks(banks),
        .out_data(out_data), .out_last(out_last), .out_valid(out_valid)
    );
endmodule
