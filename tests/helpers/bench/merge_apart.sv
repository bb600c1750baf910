// An exit_merge of two or three exits with its inputs apart.
module merge_apart #(
    parameter integer EXITS = 3,
    parameter integer CLASSES = 7
) (
    input  logic        clk,
    input  logic        rst,
    input  logic [15:0] a_data, b_data, c_data,
    input  logic [15:0] a_id, b_id, c_id,
    input  logic        a_last, b_last, c_last,
    input  logic        a_valid, b_valid, c_valid,
    output logic        a_ready, b_ready, c_ready,
    output logic [31:0] out_data,
    output logic [15:0] out_id,
    output logic        out_last,
    output logic        out_valid,
    input  logic        out_ready
);
    wire [47:0] data = {c_data, b_data, a_data}, id = {c_id, b_id, a_id};
    wire [2:0] last = {c_last, b_last, a_last}, valid = {c_valid, b_valid, a_valid};
    wire [EXITS-1:0] ready;
    assign {c_ready, b_ready, a_ready} = ready;

    exit_merge #(.EXITS(EXITS), .BITS(16), .CLASSES(CLASSES)) merge (
        .clk(clk), .rst(rst),
        .in_data(data[16*EXITS-1:0]), .in_id(id[16*EXITS-1:0]), .in_last(last[EXITS-1:0]),
        .in_valid(valid[EXITS-1:0]), .in_ready(ready),
        .out_data(out_data), .out_id(out_id), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );
endmodule
