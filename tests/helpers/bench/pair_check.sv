// Holds product_pair against two multiplications, for every word, every lower weight, and those upper weights whose
// highest bits are PART of PARTS.
module pair_check #(
    parameter integer IN_BITS = 8,
    parameter integer IN_SIGNED = 0,
    parameter integer WEIGHT_BITS = 7,
    parameter integer MULTIPLIER_BITS = 25,
    parameter integer PART = 0,
    parameter integer PART_BITS = 0
) (
    input  logic clk,
    input  logic rst,
    output logic done,
    output logic wrong
);
    localparam integer COUNT_BITS = IN_BITS + 2 * WEIGHT_BITS - PART_BITS;
    localparam integer PRODUCT_BITS = IN_BITS + WEIGHT_BITS;

    logic [COUNT_BITS:0] count;
    wire [IN_BITS+2*WEIGHT_BITS-1:0] operands = (PART << COUNT_BITS) | count[COUNT_BITS-1:0];
    wire signed [IN_BITS:0] x = {IN_SIGNED != 0 && operands[IN_BITS-1], operands[IN_BITS-1:0]};
    wire signed [WEIGHT_BITS-1:0] by_0 = operands[IN_BITS+:WEIGHT_BITS];
    wire signed [WEIGHT_BITS-1:0] by_1 = operands[IN_BITS+WEIGHT_BITS+:WEIGHT_BITS];

    wire signed [PRODUCT_BITS-1:0] found_0, found_1;
    product_pair #(
        .FACTOR_BITS(IN_BITS + 1), .WEIGHT_BITS(WEIGHT_BITS), .MULTIPLIER_BITS(MULTIPLIER_BITS)
    ) pair (
        .clk(clk), .move(1'b1), .x(x), .by_0(by_0), .by_1(by_1), .product_0(found_0), .product_1(found_1)
    );

    logic signed [PRODUCT_BITS-1:0] early_0, early_1, wanted_0, wanted_1;
    logic [1:0] compared;
    always_ff @(posedge clk) begin
        early_0 <= x * by_0;
        early_1 <= x * by_1;
        wanted_0 <= early_0;
        wanted_1 <= early_1;
        compared <= rst ? 0 : {compared, !count[COUNT_BITS]};
        if (rst) begin
            count <= 0;
            wrong <= 0;
        end else begin
            if (!count[COUNT_BITS]) count <= count + 1;
            if (compared[1] && (found_0 != wanted_0 || found_1 != wanted_1)) wrong <= 1;
        end
    end
    assign done = count[COUNT_BITS];
endmodule
