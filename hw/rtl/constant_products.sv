// Words times weights that never change: no multiplier, a few shifted words are added instead.
//
// A weight is written with the digits -1, 0 and 1, no two beside each other without a 0 (canonical signed digits):
// so it has the fewest digits other than 0, a third of its bits in the mean. Only those cost an addition.
//
// Latency   2 moves: operands, products
// Interval  1 move
module constant_products #(
    parameter integer WORDS = 1,
    parameter integer LANES = 1,
    parameter integer IN_BITS = 8,
    parameter integer IN_SIGNED = 0,
    parameter integer WEIGHT_BITS = 7,
    parameter [LANES*WORDS*WEIGHT_BITS-1:0] WEIGHTS = 0,     // of lane l and word w at l * WORDS + w, as products
    parameter integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS   // derived
) (
    input  logic                                clk,
    input  logic                                move,
    input  logic [WORDS*IN_BITS-1:0]            words,
    output logic [LANES*WORDS*PRODUCT_BITS-1:0] products
);
    logic [WORDS*IN_BITS-1:0] factors;
    always_ff @(posedge clk) if (move) factors <= words;

    genvar n;
    generate
        for (n = 0; n < LANES * WORDS; n = n + 1) begin : tap
            wire [IN_BITS-1:0] word = factors[n%WORDS*IN_BITS+:IN_BITS];
            wire signed [PRODUCT_BITS-1:0] x = $signed({IN_SIGNED != 0 && word[IN_BITS-1], word});
            // Digits of a number y: where bits of 3y and y differ, those of 3y are 1 and those of y are -1, all
            // one place down.
            localparam signed [WEIGHT_BITS-1:0] WEIGHT = WEIGHTS[n*WEIGHT_BITS+:WEIGHT_BITS];
            localparam signed [WEIGHT_BITS+1:0] ONCE = WEIGHT;
            localparam signed [WEIGHT_BITS+1:0] THRICE = ONCE + ONCE + ONCE;
            localparam [WEIGHT_BITS+1:0] PLUS = THRICE & ~ONCE, MINUS = ONCE & ~THRICE;
            // Digits of 1 first, so that there is something to subtract from.
            function automatic signed [PRODUCT_BITS-1:0] times(input signed [PRODUCT_BITS-1:0] y);
                integer digit;
                begin
                    times = 0;
                    for (digit = 0; digit < WEIGHT_BITS; digit = digit + 1)
                        if (PLUS[digit+1]) times = times + (y <<< digit);
                    for (digit = 0; digit < WEIGHT_BITS; digit = digit + 1)
                        if (MINUS[digit+1]) times = times - (y <<< digit);
                end
            endfunction
            logic signed [PRODUCT_BITS-1:0] product;
            always_ff @(posedge clk) if (move) product <= times(x);
            assign products[n*PRODUCT_BITS+:PRODUCT_BITS] = product;
        end
    endgenerate
endmodule
