// exit_merge between single streams: one in for each exit (a, b, c), and its results apart again (x, y, z),
// because exits reach the merge in an order that depends on the pauses.
module exits_through_merge #(
    parameter integer EXITS = 2,     // 2 or 3
    parameter integer CLASSES = 3
) (
    input  logic        clk,
    input  logic        rst,
    input  logic [31:0] a_data, b_data, c_data,     // {id, logit}
    input  logic        a_last, b_last, c_last,
    input  logic        a_valid, b_valid, c_valid,
    output logic        a_ready, b_ready, c_ready,
    output logic [47:0] x_data, y_data, z_data,     // {id, label, exit index, logit}
    output logic        x_last, y_last, z_last,
    output logic        x_valid, y_valid, z_valid,
    input  logic        x_ready, y_ready, z_ready
);
    wire [47:0] logits = {c_data[15:0], b_data[15:0], a_data[15:0]};
    wire [47:0] ids = {c_data[31:16], b_data[31:16], a_data[31:16]};
    wire [2:0] lasts = {c_last, b_last, a_last};
    wire [2:0] valids = {c_valid, b_valid, a_valid};
    wire [EXITS-1:0] readies;
    assign {c_ready, b_ready, a_ready} = readies;

    wire [47:0] result;
    wire last, valid;
    wire [7:0] index = result[23:16];
    exit_merge #(.EXITS(EXITS), .CLASSES(CLASSES)) merge (
        .clk(clk), .rst(rst),
        .in_data(logits[16*EXITS-1:0]), .in_id(ids[16*EXITS-1:0]), .in_last(lasts[EXITS-1:0]),
        .in_valid(valids[EXITS-1:0]), .in_ready(readies),
        .out_data(result[31:0]), .out_id(result[47:32]), .out_last(last), .out_valid(valid),
        .out_ready(index == 0 ? x_ready : index == 1 ? y_ready : z_ready)
    );
    assign {x_data, y_data, z_data} = {3{result}};
    assign {x_last, y_last, z_last} = {3{last}};
    assign x_valid = valid && index == 0;
    assign y_valid = valid && index == 1;
    assign z_valid = valid && index == 2;
endmodule
