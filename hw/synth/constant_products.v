// Yosys technology mapping: a product by a constant is a few additions, and needs no multiplier.
//
// The constant is written with the fewest digits +1, 0 and -1 (canonical signed digits), each of which adds or
// subtracts the other factor, shifted. Layers that meet the same weights in every cycle multiply so.
(* techmap_celltype = "$mul" *)
module constant_product (A, B, Y);
    parameter A_SIGNED = 0;
    parameter B_SIGNED = 0;
    parameter A_WIDTH = 1;
    parameter B_WIDTH = 1;
    parameter Y_WIDTH = 1;
    input [A_WIDTH-1:0] A;
    input [B_WIDTH-1:0] B;
    output [Y_WIDTH-1:0] Y;

    parameter _TECHMAP_CONSTMSK_B_ = 0;
    parameter _TECHMAP_CONSTVAL_B_ = 0;
    localparam [B_WIDTH-1:0] KNOWN = _TECHMAP_CONSTMSK_B_;
    localparam [B_WIDTH-1:0] FACTOR = _TECHMAP_CONSTVAL_B_;
    wire _TECHMAP_FAIL_ = !(&KNOWN) || !A_SIGNED || !B_SIGNED;

    // Digit d is not 0 where bits d + 1 of x and 3x differ, and negative where that of x is set.
    localparam signed [B_WIDTH+2:0] ONCE = $signed(FACTOR);
    localparam signed [B_WIDTH+2:0] THRICE = ONCE + (ONCE << 1);
    wire signed [Y_WIDTH-1:0] factor = $signed(A);
    wire [(B_WIDTH+1)*Y_WIDTH-1:0] sums;   // of the digits below
    assign sums[Y_WIDTH-1:0] = 0;
    genvar digit;
    generate
        for (digit = 0; digit < B_WIDTH; digit = digit + 1) begin : place
            wire [Y_WIDTH-1:0] below = sums[digit*Y_WIDTH+:Y_WIDTH];
            wire [Y_WIDTH-1:0] with_it;
            if (THRICE[digit+1] == ONCE[digit+1]) assign with_it = below;
            else if (THRICE[digit+1]) assign with_it = below + (factor <<< digit);
            else assign with_it = below - (factor <<< digit);
            assign sums[(digit+1)*Y_WIDTH+:Y_WIDTH] = with_it;
        end
    endgenerate
    assign Y = sums[B_WIDTH*Y_WIDTH+:Y_WIDTH];
endmodule
