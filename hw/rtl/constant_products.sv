// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Multiplies words by weights that never change, with additions of shifted words instead of multipliers.
//
// A weight is written with the digits -1, 0 and 1, and of two neighbours one is 0 (canonical signed digits). This
// form has the fewest digits other than 0: a third of the bits on average. Only these digits cost an addition. The
// lower and the upper half of the digits are added apart, so no more than one addition lies between two registers.
//
// Latency   3 moves: operands, halves, products
// Interval  1 move
module constant_products #(
    parameter integer WORDS = 1,                             // words a beat
    parameter integer LANES = 1,                             // filters that each word meets
    parameter integer IN_BITS = 8,                           // bits of a word
    parameter integer IN_SIGNED = 0,                         // 1: two's complement words
    parameter integer WEIGHT_BITS = 7,                       // bits of a weight, two's complement
    parameter [LANES*WORDS*WEIGHT_BITS-1:0] WEIGHTS = 0,     // of lane l and word w at l * WORDS + w, as products
    parameter integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS   // derived
) (
    input  logic                                clk,
    input  logic                                move,
    input  logic [WORDS*IN_BITS-1:0]            words,
    output logic [LANES*WORDS*PRODUCT_BITS-1:0] products
);
    localparam integer HALF = (WEIGHT_BITS + 1) / 2;   // places of the lower half

    logic [WORDS*IN_BITS-1:0] factors;
    always_ff @(posedge clk) if (move) factors <= words;

    genvar n;
    generate
        for (n = 0; n < LANES * WORDS; n = n + 1) begin : tap
            wire [IN_BITS-1:0] word = factors[n%WORDS*IN_BITS+:IN_BITS];
            wire signed [PRODUCT_BITS-1:0] x = $signed({IN_SIGNED != 0 && word[IN_BITS-1], word});
            // The digits of a number y, one place down: where the bits of 3y and y differ, a 1 in 3y stands for
            // the digit 1, and a 1 in y for the digit -1.
            localparam signed [WEIGHT_BITS-1:0] WEIGHT = WEIGHTS[n*WEIGHT_BITS+:WEIGHT_BITS];
            localparam signed [WEIGHT_BITS+1:0] ONCE = WEIGHT;
            localparam signed [WEIGHT_BITS+1:0] THRICE = ONCE + ONCE + ONCE;
            localparam [WEIGHT_BITS+1:0] PLUS = THRICE & ~ONCE, MINUS = ONCE & ~THRICE;
            // Some of the digits, times a word. Digits of 1 go first, so that a subtraction has a term before it.
            // The loops go over all places, not over a range that the caller names: then Verilator unrolls them.
            function automatic signed [PRODUCT_BITS-1:0] times(
                input signed [PRODUCT_BITS-1:0] y, input [HALF-1:0] plus, input [HALF-1:0] minus
            );
                integer digit;
                begin
                    times = 0;
                    for (digit = 0; digit < HALF; digit = digit + 1)
                        if (plus[digit]) times = times + (y <<< digit);
                    for (digit = 0; digit < HALF; digit = digit + 1)
                        if (minus[digit]) times = times - (y <<< digit);
                end
            endfunction
            logic signed [IN_BITS+HALF:0] lower;
            logic signed [PRODUCT_BITS-HALF:0] upper;
            logic signed [PRODUCT_BITS-1:0] product;
            always_ff @(posedge clk)
                if (move) begin
                    lower <= times(x, PLUS[HALF:1], MINUS[HALF:1]);
                    upper <= times(x, PLUS[WEIGHT_BITS:HALF+1], MINUS[WEIGHT_BITS:HALF+1]);
                    product <= lower + (upper <<< HALF);
                end
            assign products[n*PRODUCT_BITS+:PRODUCT_BITS] = product;
        end
    endgenerate
endmodule
