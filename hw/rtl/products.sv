// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Multiplies words by weights from a memory. Two filters share a multiplier where the products stay exact.
//
// Each word is multiplied by the weights of all LANES filters. Filters 2p and 2p + 1 are a pair where both of their
// products fit the multiplier of the FPGA side by side: 2 * WEIGHT_BITS + IN_BITS + 1 <= MULTIPLIER_BITS. Otherwise,
// and for the last of an odd number of filters, a product is a multiplication of its own.
//
// Weights   LINES lines of WEIGHTS, as in linear.sv
// Latency   3 moves: memory, operands, products
// Interval  1 move
module products #(
    parameter integer WORDS = 1,                             // words a beat
    parameter integer LANES = 2,                             // filters that each word meets
    parameter integer LINES = 4,                             // lines of weights
    parameter integer IN_BITS = 8,                           // bits of a word
    parameter integer IN_SIGNED = 0,                         // 1: two's complement words
    parameter integer WEIGHT_BITS = 7,                       // bits of a weight, two's complement
    parameter integer MULTIPLIER_BITS = 25,                  // wider operand: 25 in a DSP48E1, 18 in a MULT18X18D
    parameter WEIGHTS = "weights.hex",                       // file
    parameter integer LINE_BITS = LINES > 1 ? $clog2(LINES) : 1,   // derived
    parameter integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS   // derived
) (
    input  logic                                clk,
    input  logic                                move,
    input  logic [LINE_BITS-1:0]                line,
    input  logic [WORDS*IN_BITS-1:0]            words,
    output logic [LANES*WORDS*PRODUCT_BITS-1:0] products   // of lane l and word w at l * WORDS + w
);
    localparam integer PAIRS = 2 * WEIGHT_BITS + IN_BITS + 1 <= MULTIPLIER_BITS ? LANES / 2 : 0;

    logic [LANES*WORDS*WEIGHT_BITS-1:0] weights [0:LINES-1];
    logic [LANES*WORDS*WEIGHT_BITS-1:0] weight;
    logic [WORDS*IN_BITS-1:0] factors;
    initial $readmemh(WEIGHTS, weights);

    always_ff @(posedge clk)
        if (move) begin
            weight <= weights[line];
            factors <= words;
        end

    genvar w, p, lane;
    generate
        for (w = 0; w < WORDS; w = w + 1) begin : tap
            // One more bit, 0 for an unsigned word, makes the multiplication signed for both kinds of words.
            wire [IN_BITS-1:0] word = factors[w*IN_BITS+:IN_BITS];
            wire signed [IN_BITS:0] x = {IN_SIGNED != 0 && word[IN_BITS-1], word};
            for (p = 0; p < PAIRS; p = p + 1) begin : pair
                localparam integer LOWER = 2 * p * WORDS + w, UPPER = (2 * p + 1) * WORDS + w;
                product_pair #(
                    .FACTOR_BITS(IN_BITS + 1), .WEIGHT_BITS(WEIGHT_BITS), .MULTIPLIER_BITS(MULTIPLIER_BITS)
                ) both (
                    .clk(clk), .move(move), .x(x),
                    .by_0(weight[LOWER*WEIGHT_BITS+:WEIGHT_BITS]), .by_1(weight[UPPER*WEIGHT_BITS+:WEIGHT_BITS]),
                    .product_0(products[LOWER*PRODUCT_BITS+:PRODUCT_BITS]),
                    .product_1(products[UPPER*PRODUCT_BITS+:PRODUCT_BITS])
                );
            end
            for (lane = 2 * PAIRS; lane < LANES; lane = lane + 1) begin : single
                localparam integer AT = lane * WORDS + w;
                logic signed [IN_BITS:0] factor;
                logic signed [WEIGHT_BITS-1:0] by;
                logic signed [PRODUCT_BITS-1:0] product;
                always_ff @(posedge clk)
                    if (move) begin
                        factor <= x;
                        by <= weight[AT*WEIGHT_BITS+:WEIGHT_BITS];
                        product <= factor * by;
                    end
                assign products[AT*PRODUCT_BITS+:PRODUCT_BITS] = product;
            end
        end
    endgenerate
endmodule
