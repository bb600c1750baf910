// A sample_distributor with its readers apart.
module three_readers #(
    parameter integer WIDTH = 8
) (
    input  logic             clk,
    input  logic             rst,
    input  logic [WIDTH-1:0] in_data,
    input  logic [15:0]      in_id,
    input  logic             in_last,
    input  logic             in_valid,
    output logic             in_ready,
    output logic [WIDTH-1:0] a_data, b_data, c_data,
    output logic [15:0]      a_id, b_id, c_id,
    output logic             a_last, b_last, c_last,
    output logic             a_valid, b_valid, c_valid,
    input  logic             a_ready, b_ready, c_ready
);
    sample_distributor #(.COPIES(3), .WIDTH(WIDTH)) distributor (
        .clk(clk), .rst(rst),
        .in_data(in_data), .in_id(in_id), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data({c_data, b_data, a_data}), .out_id({c_id, b_id, a_id}), .out_last({c_last, b_last, a_last}),
        .out_valid({c_valid, b_valid, a_valid}), .out_ready({c_ready, b_ready, a_ready})
    );
endmodule
