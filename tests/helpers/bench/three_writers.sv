// A sample_collector with its writers apart.
module three_writers #(
    parameter integer WIDTH = 8
) (
    input  logic             clk,
    input  logic             rst,
    input  logic [WIDTH-1:0] a_data, b_data, c_data,
    input  logic [15:0]      a_id, b_id, c_id,
    input  logic             a_last, b_last, c_last,
    input  logic             a_valid, b_valid, c_valid,
    output logic             a_ready, b_ready, c_ready,
    output logic [WIDTH-1:0] out_data,
    output logic [15:0]      out_id,
    output logic             out_last,
    output logic             out_valid,
    input  logic             out_ready
);
    sample_collector #(.COPIES(3), .WIDTH(WIDTH)) collector (
        .clk(clk), .rst(rst),
        .in_data({c_data, b_data, a_data}), .in_id({c_id, b_id, a_id}), .in_last({c_last, b_last, a_last}),
        .in_valid({c_valid, b_valid, a_valid}), .in_ready({c_ready, b_ready, a_ready}),
        .out_data(out_data), .out_id(out_id), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );
endmodule
