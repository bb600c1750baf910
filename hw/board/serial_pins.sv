// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Puts an accelerator behind eleven pins, for a bitstream: every stream goes through a pin bit by bit.
//
// An accelerator is meant to sit beside other logic, and has more ports than boards have pins. Here each of its
// beats is gathered from single bits, or given away bit by bit. So all paths of the accelerator begin and end in
// registers, as they would on a larger chip. The whole works, but slowly; the accelerator inside is unchanged.
//
// Stream    in: images, a beat is tdata, then tid, then tlast, lowest bits first; out: results, likewise;
//           cfg: thresholds, a write is {exit, address, data}, data first
// Latency   the accelerator's latency, and a cycle for every bit of a beat in and of a beat out
// Interval  a cycle for every bit of a beat, where the accelerator is not slower
module serial_pins #(
    parameter integer IN_BITS = 8,     // of s_axis_tdata
    parameter integer OUT_BITS = 32,   // of m_axis_tdata
    parameter integer ID_BITS = 16,
    parameter integer MULTIPLIER_BITS = 18   // of the chip, see products.sv
) (
    input  logic clk,
    input  logic rst,
    input  logic in_data,
    input  logic in_valid,
    output logic in_ready,
    output logic out_data,
    output logic out_valid,
    input  logic out_ready,
    input  logic cfg_data,
    input  logic cfg_valid,
    output logic cfg_ready
);
    logic reset;
    always_ff @(posedge clk) reset <= rst;

    wire [IN_BITS-1:0] in_word;
    wire [OUT_BITS-1:0] out_word;
    wire [ID_BITS-1:0] in_id, out_id;
    wire in_last, in_whole, in_taken, out_last, out_whole, out_taken;
    stream_widen #(.WIDTH(1), .FACTOR(IN_BITS + ID_BITS + 1)) gathered (
        .clk(clk), .rst(reset),
        .in_data(in_data), .in_last(1'b0), .in_valid(in_valid), .in_ready(in_ready),
        .out_data({in_last, in_id, in_word}), .out_last(), .out_valid(in_whole), .out_ready(in_taken)
    );
    stream_narrow #(.WIDTH(1), .FACTOR(OUT_BITS + ID_BITS + 1)) given (
        .clk(clk), .rst(reset),
        .in_data({out_last, out_id, out_word}), .in_last(1'b0), .in_valid(out_whole), .in_ready(out_taken),
        .out_data(out_data), .out_last(), .out_valid(out_valid), .out_ready(out_ready)
    );

    wire [7:0] cfg_exit;
    wire [15:0] cfg_address;
    wire [31:0] cfg_word;
    wire cfg_whole;
    stream_widen #(.WIDTH(1), .FACTOR(56)) written (
        .clk(clk), .rst(reset),
        .in_data(cfg_data), .in_last(1'b0), .in_valid(cfg_valid), .in_ready(cfg_ready),
        .out_data({cfg_exit, cfg_address, cfg_word}), .out_last(), .out_valid(cfg_whole), .out_ready(1'b1)
    );

    accelerator #(.MULTIPLIER_BITS(MULTIPLIER_BITS)) shelled (
        .clk(clk), .rst(reset),
        .s_axis_tdata(in_word), .s_axis_tid(in_id), .s_axis_tlast(in_last),
        .s_axis_tvalid(in_whole), .s_axis_tready(in_taken),
        .m_axis_tdata(out_word), .m_axis_tid(out_id), .m_axis_tlast(out_last),
        .m_axis_tvalid(out_whole), .m_axis_tready(out_taken),
        .cfg_valid(cfg_whole), .cfg_exit(cfg_exit), .cfg_address(cfg_address), .cfg_data(cfg_word)
    );
endmodule
