// A line of weights that never changes times WORDS words: no multiplier, a few shifted words are added instead.
//
// A weight is written with the digits -1, 0 and 1, no two beside each other without a 0 (canonical signed digits):
// it has the fewest digits other than 0 that way, a third of its bits in the mean. All weights are constants, so
// that synthesis leaves only the additions of those digits.
//
// Weights   one line of WEIGHTS, as in linear.sv
// Latency   2 moves, like products.sv
// Interval  1 move
module constant_products #(
    parameter integer WORDS = 1,
    parameter integer LANES = 1,
    parameter integer IN_BITS = 8,
    parameter integer IN_SIGNED = 0,
    parameter integer WEIGHT_BITS = 7,
    parameter WEIGHTS = "weights.hex",
    parameter integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS   // derived
) (
    input  logic                                clk,
    input  logic                                move,
    input  logic [WORDS*IN_BITS-1:0]            words,
    output logic [LANES*WORDS*PRODUCT_BITS-1:0] products   // of lane l and word w at l * WORDS + w
);
    logic [LANES*WORDS*WEIGHT_BITS-1:0] weights [0:0];
    initial $readmemh(WEIGHTS, weights);
    wire [LANES*WORDS*WEIGHT_BITS-1:0] line = weights[0];

    logic [WORDS*IN_BITS-1:0] factors;
    always_ff @(posedge clk) if (move) factors <= words;

    genvar n;
    generate
        for (n = 0; n < LANES * WORDS; n = n + 1) begin : tap
            wire [IN_BITS-1:0] word = factors[n%WORDS*IN_BITS+:IN_BITS];
            wire signed [IN_BITS:0] x = {IN_SIGNED != 0 && word[IN_BITS-1], word};
            // Digits of a number y: where bits of 3y and y differ, those of 3y are 1 and those of y are -1, all
            // one place down.
            wire signed [WEIGHT_BITS:0] once = $signed(line[n*WEIGHT_BITS+:WEIGHT_BITS]);
            wire signed [WEIGHT_BITS+1:0] thrice = once + (once <<< 1);
            wire [WEIGHT_BITS+1:0] differ = thrice ^ once;
            wire [WEIGHT_BITS-1:0] plus = (thrice & differ) >> 1, minus = (once & differ) >> 1;

            integer digit;
            logic signed [PRODUCT_BITS-1:0] sum, product;
            always_comb begin
                sum = 0;
                for (digit = 0; digit < WEIGHT_BITS; digit = digit + 1) if (plus[digit]) sum = sum + (x <<< digit);
                for (digit = 0; digit < WEIGHT_BITS; digit = digit + 1) if (minus[digit]) sum = sum - (x <<< digit);
            end
            always_ff @(posedge clk) if (move) product <= sum;
            assign products[n*PRODUCT_BITS+:PRODUCT_BITS] = product;
        end
    endgenerate
endmodule
