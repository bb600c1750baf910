// One word times the weights of LANES filters, two filters to a multiplier where that is exact.
//
// Filters 2p and 2p + 1 are a pair where both of their products fit the multiplier of the FPGA side by side:
// 2 * WEIGHT_BITS + IN_BITS + 1 <= MULTIPLIER_BITS. Otherwise, and for the last of an odd number of filters, a
// product is a multiplication of its own.
//
// Latency   2 moves: operands, products
// Interval  1 move
module products #(
    parameter integer LANES = 2,
    parameter integer IN_BITS = 8,
    parameter integer IN_SIGNED = 0,
    parameter integer WEIGHT_BITS = 7,
    parameter integer MULTIPLIER_BITS = 25,   // wider operand of a multiplier: 25 in a DSP48E1, 18 in a MULT18X18D
    parameter integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS   // derived
) (
    input  logic                          clk,
    input  logic                          move,
    input  logic [IN_BITS-1:0]            word,
    input  logic [LANES*WEIGHT_BITS-1:0]  weights,    // of lane l at bit l * WEIGHT_BITS, and so its product
    output logic [LANES*PRODUCT_BITS-1:0] products
);
    localparam integer PAIRS = 2 * WEIGHT_BITS + IN_BITS + 1 <= MULTIPLIER_BITS ? LANES / 2 : 0;

    // One bit more, 0 in front of an unsigned word, makes one signed multiplication of both kinds.
    wire signed [IN_BITS:0] x = {IN_SIGNED != 0 && word[IN_BITS-1], word};

    genvar p, lane;
    generate
        for (p = 0; p < PAIRS; p = p + 1) begin : pair
            product_pair #(
                .FACTOR_BITS(IN_BITS + 1), .WEIGHT_BITS(WEIGHT_BITS), .MULTIPLIER_BITS(MULTIPLIER_BITS)
            ) product (
                .clk(clk), .move(move), .x(x),
                .by_0(weights[2*p*WEIGHT_BITS+:WEIGHT_BITS]), .by_1(weights[(2*p+1)*WEIGHT_BITS+:WEIGHT_BITS]),
                .product_0(products[2*p*PRODUCT_BITS+:PRODUCT_BITS]),
                .product_1(products[(2*p+1)*PRODUCT_BITS+:PRODUCT_BITS])
            );
        end
        for (lane = 2 * PAIRS; lane < LANES; lane = lane + 1) begin : single
            logic signed [IN_BITS:0] factor;
            logic signed [WEIGHT_BITS-1:0] by;
            logic signed [PRODUCT_BITS-1:0] product;
            always_ff @(posedge clk)
                if (move) begin
                    factor <= x;
                    by <= weights[lane*WEIGHT_BITS+:WEIGHT_BITS];
                    product <= factor * by;
                end
            assign products[lane*PRODUCT_BITS+:PRODUCT_BITS] = product;
        end
    endgenerate
endmodule
