// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Deals whole samples out to COPIES readers, in turn: sample n goes to reader n mod COPIES.
//
// While one reader does not take its sample, the others get none either. So put a queue for one sample before each
// reader.
//
// Stream    in: beats of WIDTH with the sample's ID beside each; out: the same beats; valid[c] marks the beats of
//           reader c
// Latency   0 cycles (in_ready depends on the readers: put queues behind it)
// Interval  1 cycle a beat
module sample_distributor #(
    parameter integer COPIES = 2,    // at least 2
    parameter integer WIDTH = 8,     // bits of a beat
    parameter integer ID_BITS = 16   // bits of a sample's ID
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic [WIDTH-1:0]          in_data,
    input  logic [ID_BITS-1:0]        in_id,
    input  logic                      in_last,
    input  logic                      in_valid,
    output logic                      in_ready,
    output logic [COPIES*WIDTH-1:0]   out_data,
    output logic [COPIES*ID_BITS-1:0] out_id,
    output logic [COPIES-1:0]         out_last,
    output logic [COPIES-1:0]         out_valid,
    input  logic [COPIES-1:0]         out_ready
);
    logic [COPIES-1:0] turn;   // one bit, that of the reader whose turn it is

    assign out_data = {COPIES{in_data}};
    assign out_id = {COPIES{in_id}};
    assign out_last = {COPIES{in_last}};
    assign out_valid = {COPIES{in_valid}} & turn;
    assign in_ready = |(out_ready & turn);

    always_ff @(posedge clk)
        if (rst) turn <= 1;
        else if (in_valid && in_ready && in_last) turn <= {turn[COPIES-2:0], turn[COPIES-1]};
endmodule
