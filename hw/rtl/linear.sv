// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Computes a folded matrix-vector product with bias, from BEATS beats of words to FOLDS beats of sums.
//
// Every input beat is held for FOLDS cycles. In each cycle its WORDS words are multiplied by the weights of the next
// LANES outputs. The sums of all outputs grow in a small memory. They leave one after another while the last beat of
// the vector is held. So no input is stored, and vectors follow each other without a gap.
//
// Weights   one line of WEIGHTS for every cycle of a vector: address beat * FOLDS + fold; in a line, the weight of
//           output lane o and word w is at bit (o * WORDS + w) * WEIGHT_BITS. A single line is a parameter instead of
//           a file, and no word is multiplied
// Bias      one line of BIAS for every fold; output lane o is at bit o * SUM_BITS
// Stream    in: WORDS words of IN_BITS; out: LANES signed sums of SUM_BITS; `last` of a vector's last sums is the
//           `last` of its last beat
// Latency   4 + $clog2(WORDS) cycles from the first in which a vector's last beat is held to its first sums
// Interval  BEATS * FOLDS cycles a vector
module linear #(
    parameter integer WORDS = 1,              // words a beat
    parameter integer LANES = 1,              // outputs at once
    parameter integer BEATS = 4,              // beats a vector
    parameter integer FOLDS = 2,              // outputs / LANES
    parameter integer IN_BITS = 8,            // bits of a word
    parameter integer IN_SIGNED = 0,          // 1: two's complement words
    parameter integer WEIGHT_BITS = 7,        // bits of a weight, two's complement
    parameter integer SUM_BITS = 24,          // bits of a sum, which all sums fit
    parameter integer MULTIPLIER_BITS = 25,   // of the FPGA, see products.sv; any gives the same sums
    parameter WEIGHTS = "weights.hex",        // file
    parameter [LANES*WORDS*WEIGHT_BITS-1:0] CONSTANT_WEIGHTS = 0,   // the line where there is one
    parameter BIAS = "bias.hex"               // file
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic [WORDS*IN_BITS-1:0]  in_data,
    input  logic                      in_last,
    input  logic                      in_valid,
    output logic                      in_ready,
    output logic [LANES*SUM_BITS-1:0] out_data,
    output logic                      out_last,
    output logic                      out_valid,
    input  logic                      out_ready
);
    localparam integer LINES = BEATS * FOLDS;
    localparam integer LINE_BITS = LINES > 1 ? $clog2(LINES) : 1;
    localparam integer FOLD_BITS = FOLDS > 1 ? $clog2(FOLDS) : 1;
    localparam integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS;
    localparam integer CONSTANT = LINES == 1;
    // Moves through the products, then through the adder tree.
    localparam integer DELAY = 3 + (WORDS > 1 ? $clog2(WORDS) : 0);

    // All registers move together. The skid behind them makes `move` a register.
    wire move;
    logic [LANES*SUM_BITS-1:0] done_data;
    logic done_last, done_valid;
    stream_skid #(.WIDTH(LANES * SUM_BITS)) leaving (
        .clk(clk), .rst(rst),
        .in_data(done_data), .in_last(done_last), .in_valid(done_valid), .in_ready(move),
        .out_data(out_data), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );

    // The line of weights: a new line for every cycle in which the input is held.
    logic [LINE_BITS-1:0] line;
    logic [FOLD_BITS-1:0] fold;
    wire last_fold = fold == FOLDS - 1;
    wire last_line = line == LINES - 1;
    wire first_beat = line < FOLDS;
    wire final_beat = line >= LINES - FOLDS;
    wire step = move && in_valid;

    assign in_ready = move && last_fold;

    always_ff @(posedge clk)
        if (rst) begin
            line <= 0;
            fold <= 0;
        end else if (step) begin
            line <= last_line ? 0 : line + 1;
            fold <= last_fold ? 0 : fold + 1;
        end

    // The flags that travel beside the products.
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

    // The fold whose sums grow.
    logic [FOLD_BITS-1:0] sum_fold;
    always_ff @(posedge clk) begin
        if (rst) sum_fold <= 0;
        else if (move && sum_valid) sum_fold <= sum_fold == FOLDS - 1 ? 0 : sum_fold + 1;

        if (rst) done_valid <= 0;
        else if (move) done_valid <= sum_valid && sum_final;
        if (move) done_last <= lasts[DELAY-1];
    end

    logic [LANES*SUM_BITS-1:0] biases [0:FOLDS-1];
    logic [LANES*SUM_BITS-1:0] sums [0:FOLDS-1];
    initial $readmemh(BIAS, biases);
    wire [LANES*SUM_BITS-1:0] begun = sum_first ? biases[sum_fold] : sums[sum_fold];
    wire [LANES*SUM_BITS-1:0] grown;

    always_ff @(posedge clk)
        if (move) begin
            if (sum_valid) sums[sum_fold] <= grown;
            done_data <= grown;
        end

    // The product of lane l and word w is at l * WORDS + w.
    wire [LANES*WORDS*PRODUCT_BITS-1:0] products;

    genvar lane;
    generate
        if (CONSTANT) begin : constant
            constant_products #(
                .WORDS(WORDS), .LANES(LANES), .IN_BITS(IN_BITS), .IN_SIGNED(IN_SIGNED),
                .WEIGHT_BITS(WEIGHT_BITS), .WEIGHTS(CONSTANT_WEIGHTS)
            ) sums_of_digits (.clk(clk), .move(move), .words(in_data), .products(products));
        end else begin : changing
            products #(
                .WORDS(WORDS), .LANES(LANES), .LINES(LINES), .IN_BITS(IN_BITS), .IN_SIGNED(IN_SIGNED),
                .WEIGHT_BITS(WEIGHT_BITS), .MULTIPLIER_BITS(MULTIPLIER_BITS), .WEIGHTS(WEIGHTS)
            ) multipliers (.clk(clk), .move(move), .line(line), .words(in_data), .products(products));
        end
        for (lane = 0; lane < LANES; lane = lane + 1) begin : filter
            wire signed [SUM_BITS-1:0] sum;
            adder_tree #(.COUNT(WORDS), .BITS(PRODUCT_BITS), .SUM_BITS(SUM_BITS)) tree (
                .clk(clk), .move(move),
                .words(products[lane*WORDS*PRODUCT_BITS+:WORDS*PRODUCT_BITS]), .sum(sum)
            );
            assign grown[lane*SUM_BITS+:SUM_BITS] = begun[lane*SUM_BITS+:SUM_BITS] + sum;
        end
    endgenerate
endmodule
