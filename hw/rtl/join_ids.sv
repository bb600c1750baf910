// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Puts the ID of each sample back beside the beats of a stream: the opposite of sample_ids.
//
// Stream    in: beats of WIDTH; ids: one a sample, in the order of the samples; out: the same beats, each with the
//           ID of its sample
// Latency   0 cycles
// Interval  1 cycle a beat
module join_ids #(
    parameter integer WIDTH = 8,     // bits of a beat
    parameter integer ID_BITS = 16   // bits of a sample's ID
) (
    input  logic               clk,
    input  logic               rst,
    input  logic [WIDTH-1:0]   in_data,
    input  logic               in_last,
    input  logic               in_valid,
    output logic               in_ready,
    input  logic [ID_BITS-1:0] id_data,
    input  logic               id_valid,
    output logic               id_ready,
    output logic [WIDTH-1:0]   out_data,
    output logic [ID_BITS-1:0] out_id,
    output logic               out_last,
    output logic               out_valid,
    input  logic               out_ready
);
    assign out_data = in_data;
    assign out_id = id_data;
    assign out_last = in_last;
    assign out_valid = in_valid && id_valid;
    assign in_ready = id_valid && out_ready;
    assign id_ready = in_valid && in_last && out_ready;
endmodule
