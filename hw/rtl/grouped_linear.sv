// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// A folded matrix-vector product with bias, in groups: the words and the outputs of a group meet only each other.
//
// BLOCKS groups are computed at once, and ROUNDS times as many one after another: as many vectors, each of which has
// weights and biases of its own. Within a group it is linear.sv: every input beat is held for FOLDS cycles, and the
// sums of its outputs grow in a small memory and leave while the group's last beat is held.
//
// Weights   one line of WEIGHTS for every cycle of all groups: address (round * BEATS + beat) * FOLDS + fold; in a line
//           output lane o of group b and word w at bit ((o * BLOCKS + b) * WORDS + w) * WEIGHT_BITS. Where there is
//           one line only, it is a parameter instead of a file, and nothing is multiplied
// Bias      one line of BIAS for every round and fold, group b and output lane o at bit (b * LANES + o) * SUM_BITS
// Stream    in: WORDS words of IN_BITS of each of BLOCKS groups; out: LANES signed sums of SUM_BITS of each; `last` of
//           the last group's last beat is that of its last sums
// Latency   4 + $clog2(WORDS) cycles from the first in which a vector's last beat is held to its first sums
// Interval  BEATS * FOLDS cycles a vector
module grouped_linear #(
    parameter integer WORDS = 1,              // words a beat of a group
    parameter integer LANES = 1,              // outputs of a group at once
    parameter integer BLOCKS = 2,             // groups at once
    parameter integer ROUNDS = 2,             // groups / BLOCKS
    parameter integer BEATS = 4,              // beats of a group
    parameter integer FOLDS = 2,              // outputs of a group / LANES
    parameter integer IN_BITS = 8,            // bits of a word
    parameter integer IN_SIGNED = 0,          // 1: two's complement words
    parameter integer WEIGHT_BITS = 7,        // bits of a weight, two's complement
    parameter integer SUM_BITS = 24,          // bits of a sum, which all sums fit
    parameter integer MULTIPLIER_BITS = 25,   // of the FPGA, see products.sv; any gives the same sums
    parameter WEIGHTS = "weights.hex",        // file
    parameter [BLOCKS*LANES*WORDS*WEIGHT_BITS-1:0] CONSTANT_WEIGHTS = 0,   // the line where there is one
    parameter BIAS = "bias.hex"               // file
) (
    input  logic                             clk,
    input  logic                             rst,
    input  logic [BLOCKS*WORDS*IN_BITS-1:0]  in_data,
    input  logic                             in_last,
    input  logic                             in_valid,
    output logic                             in_ready,
    output logic [BLOCKS*LANES*SUM_BITS-1:0] out_data,
    output logic                             out_last,
    output logic                             out_valid,
    input  logic                             out_ready
);
    localparam integer STEPS = BEATS * FOLDS;          // of a vector
    localparam integer LINES = ROUNDS * STEPS;
    localparam integer BIASES = ROUNDS * FOLDS;
    localparam integer LINE_BITS = LINES > 1 ? $clog2(LINES) : 1;
    localparam integer STEP_BITS = STEPS > 1 ? $clog2(STEPS) : 1;
    localparam integer FOLD_BITS = FOLDS > 1 ? $clog2(FOLDS) : 1;
    localparam integer BIAS_BITS = BIASES > 1 ? $clog2(BIASES) : 1;
    localparam integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS;
    localparam integer ALL = BLOCKS * LANES;           // outputs at once
    localparam integer CONSTANT = LINES == 1;
    // Products, then the tree.
    localparam integer DELAY = 3 + (WORDS > 1 ? $clog2(WORDS) : 0);

    // All registers move together, by a register: the sums that leave go through a skid.
    wire move;
    logic [ALL*SUM_BITS-1:0] done_data;
    logic done_last, done_valid;
    stream_skid #(.WIDTH(ALL * SUM_BITS)) leaving (
        .clk(clk), .rst(rst),
        .in_data(done_data), .in_last(done_last), .in_valid(done_valid), .in_ready(move),
        .out_data(out_data), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );

    // Which weights, and where in the vector.
    logic [LINE_BITS-1:0] line;
    logic [STEP_BITS-1:0] place;
    logic [FOLD_BITS-1:0] fold;
    wire last_fold = fold == FOLDS - 1;
    wire last_line = line == LINES - 1;
    wire last_place = place == STEPS - 1;
    wire first_beat = place < FOLDS;
    wire final_beat = place >= STEPS - FOLDS;
    wire step = move && in_valid;

    assign in_ready = move && last_fold;

    always_ff @(posedge clk)
        if (rst) begin
            line <= 0;
            place <= 0;
            fold <= 0;
        end else if (step) begin
            line <= last_line ? 0 : line + 1;
            place <= last_place ? 0 : place + 1;
            fold <= last_fold ? 0 : fold + 1;
        end

    // What travels beside them.
    logic [DELAY-1:0] valids, firsts, finals, lasts;
    always_ff @(posedge clk) begin
        if (rst) valids <= 0;
        else if (move) valids <= {valids, step};
        if (move) begin
            firsts <= {firsts, first_beat};
            finals <= {finals, final_beat};
            lasts <= {lasts, in_last && last_line};
        end
    end
    wire sum_valid = valids[DELAY-1];
    wire sum_first = firsts[DELAY-1];
    wire sum_final = finals[DELAY-1];

    // Which of the growing sums, and which bias the next one begins with.
    logic [FOLD_BITS-1:0] sum_fold;
    logic [BIAS_BITS-1:0] begins;
    always_ff @(posedge clk) begin
        if (rst) sum_fold <= 0;
        else if (move && sum_valid) sum_fold <= sum_fold == FOLDS - 1 ? 0 : sum_fold + 1;

        if (rst) begins <= 0;
        else if (move && sum_valid && sum_first) begins <= begins == BIASES - 1 ? 0 : begins + 1;

        if (rst) done_valid <= 0;
        else if (move) done_valid <= sum_valid && sum_final;
        if (move) done_last <= lasts[DELAY-1];
    end

    logic [ALL*SUM_BITS-1:0] biases [0:BIASES-1];
    logic [ALL*SUM_BITS-1:0] sums [0:FOLDS-1];
    initial $readmemh(BIAS, biases);
    wire [ALL*SUM_BITS-1:0] begun = sum_first ? biases[begins] : sums[sum_fold];
    wire [ALL*SUM_BITS-1:0] grown;

    always_ff @(posedge clk)
        if (move) begin
            if (sum_valid) sums[sum_fold] <= grown;
            done_data <= grown;
        end

    // Every word meets the weights of LANES outputs, those of its group: word n those of output lane l at
    // l * BLOCKS * WORDS + n.
    wire [ALL*WORDS*PRODUCT_BITS-1:0] products;

    genvar block, lane;
    generate
        if (CONSTANT) begin : constant
            constant_products #(
                .WORDS(BLOCKS * WORDS), .LANES(LANES), .IN_BITS(IN_BITS), .IN_SIGNED(IN_SIGNED),
                .WEIGHT_BITS(WEIGHT_BITS), .WEIGHTS(CONSTANT_WEIGHTS)
            ) sums_of_digits (.clk(clk), .move(move), .words(in_data), .products(products));
        end else begin : changing
            products #(
                .WORDS(BLOCKS * WORDS), .LANES(LANES), .LINES(LINES), .IN_BITS(IN_BITS), .IN_SIGNED(IN_SIGNED),
                .WEIGHT_BITS(WEIGHT_BITS), .MULTIPLIER_BITS(MULTIPLIER_BITS), .WEIGHTS(WEIGHTS)
            ) multipliers (.clk(clk), .move(move), .line(line), .words(in_data), .products(products));
        end
        for (block = 0; block < BLOCKS; block = block + 1) begin : group
            for (lane = 0; lane < LANES; lane = lane + 1) begin : filter
                localparam integer AT = (block * LANES + lane) * SUM_BITS;
                wire signed [SUM_BITS-1:0] sum;
                adder_tree #(.COUNT(WORDS), .BITS(PRODUCT_BITS), .SUM_BITS(SUM_BITS)) tree (
                    .clk(clk), .move(move),
                    .words(products[(lane*BLOCKS+block)*WORDS*PRODUCT_BITS+:WORDS*PRODUCT_BITS]), .sum(sum)
                );
                assign grown[AT+:SUM_BITS] = begun[AT+:SUM_BITS] + sum;
            end
        end
    endgenerate
endmodule
