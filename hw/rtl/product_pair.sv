// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Computes two products of one word in one multiplication: (by_1 * 2^SHIFT + by_0) * x holds both side by side.
//
// A negative lower product borrows from the upper product. So half of the lower field's range is added, which keeps
// the lower field from being negative. The upper field is then exact. The lower field is exact too, except that its
// highest bit is inverted. Where the multiplier has room for one more bit, the inverted bit lies above the lower
// product, which saves an inverter. Both additions fit the adders of a DSP48, before and behind its multiplier.
//
// The products are exact where WEIGHT_BITS + SHIFT + 1 <= MULTIPLIER_BITS and SHIFT >= FACTOR_BITS - 1 + WEIGHT_BITS.
// SHIFT bits then hold any product of a weight and an unsigned word of FACTOR_BITS - 1 bits, or a signed word of no
// more bits.
//
// Latency   2 moves: operands, products
// Interval  1 move
module product_pair #(
    parameter integer FACTOR_BITS = 9,        // bits of x as a signed number
    parameter integer WEIGHT_BITS = 7,        // bits of a weight, two's complement
    parameter integer MULTIPLIER_BITS = 25,   // bits of the wider operand of the multiplier
    parameter integer PRODUCT_BITS = FACTOR_BITS - 1 + WEIGHT_BITS   // derived
) (
    input  logic                           clk,
    input  logic                           move,
    input  logic signed [FACTOR_BITS-1:0]  x,
    input  logic signed [WEIGHT_BITS-1:0]  by_0,
    input  logic signed [WEIGHT_BITS-1:0]  by_1,
    output logic signed [PRODUCT_BITS-1:0] product_0,
    output logic signed [PRODUCT_BITS-1:0] product_1
);
    localparam integer ROOM = MULTIPLIER_BITS - WEIGHT_BITS - 1;
    localparam integer SHIFT = ROOM > PRODUCT_BITS ? PRODUCT_BITS + 1 : PRODUCT_BITS;
    localparam signed [SHIFT:0] HALF = 1 << (SHIFT - 1);

    logic signed [FACTOR_BITS-1:0] factor;
    logic signed [WEIGHT_BITS-1:0] lower, upper;
    wire signed [WEIGHT_BITS+SHIFT:0] weights = $signed({upper, {SHIFT{1'b0}}}) + lower;
    logic signed [SHIFT+PRODUCT_BITS-1:0] both;

    always_ff @(posedge clk)
        if (move) begin
            factor <= x;
            lower <= by_0;
            upper <= by_1;
            both <= weights * factor + HALF;
        end
    assign product_0 = both[SHIFT-1:0] ^ HALF[SHIFT-1:0];
    assign product_1 = both[SHIFT+:PRODUCT_BITS];
endmodule
