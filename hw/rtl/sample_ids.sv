// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Takes the IDs off a stream that carries them beside its beats: one ID a sample, with the first beat.
//
// Stream    in: beats of WIDTH, all beats of a sample with the same ID; out: the beats; ids: one a sample
// Latency   0 cycles (in_ready depends on both readers: put queues behind it)
// Interval  1 cycle a beat
module sample_ids #(
    parameter integer WIDTH = 8,     // bits of a beat
    parameter integer ID_BITS = 16   // bits of a sample's ID
) (
    input  logic               clk,
    input  logic               rst,
    input  logic [WIDTH-1:0]   in_data,
    input  logic [ID_BITS-1:0] in_id,
    input  logic               in_last,
    input  logic               in_valid,
    output logic               in_ready,
    output logic [WIDTH-1:0]   out_data,
    output logic               out_last,
    output logic               out_valid,
    input  logic               out_ready,
    output logic [ID_BITS-1:0] id_data,
    output logic               id_valid,
    input  logic               id_ready
);
    logic underway;   // between a sample's first beat and its last
    logic id_done;  // the ID is taken, but the first beat is not

    wire id_settled = underway || id_done;

    assign out_data = in_data;
    assign out_last = in_last;
    assign out_valid = in_valid && (id_settled || id_ready);
    assign id_data = in_id;
    assign id_valid = in_valid && !id_settled;
    assign in_ready = out_ready && (id_settled || id_ready);

    always_ff @(posedge clk)
        if (rst) begin
            underway <= 0;
            id_done <= 0;
        end else if (in_valid && in_ready) begin
            underway <= !in_last;
            id_done <= 0;
        end else if (id_valid && id_ready) id_done <= 1;
endmodule
