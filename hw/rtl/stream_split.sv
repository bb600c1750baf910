// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Gives every beat to two readers, each at its own pace.
//
// A reader that is ready takes its copy at once. The beat leaves when both readers have theirs. So neither reader
// waits for the other longer than one beat.
//
// Stream    beats of WIDTH bits with `last`, copied unchanged
// Latency   0 cycles (in_ready depends on both out_ready: put queues behind it)
// Interval  1 cycle a beat
module stream_split #(
    parameter integer WIDTH = 8   // bits of a beat
) (
    input  logic             clk,
    input  logic             rst,
    input  logic [WIDTH-1:0] in_data,
    input  logic             in_last,
    input  logic             in_valid,
    output logic             in_ready,
    output logic [WIDTH-1:0] a_data,
    output logic             a_last,
    output logic             a_valid,
    input  logic             a_ready,
    output logic [WIDTH-1:0] b_data,
    output logic             b_last,
    output logic             b_valid,
    input  logic             b_ready
);
    logic a_done, b_done;  // has its copy of the beat that still waits for the other

    assign a_data = in_data;
    assign b_data = in_data;
    assign a_last = in_last;
    assign b_last = in_last;
    assign a_valid = in_valid && !a_done;
    assign b_valid = in_valid && !b_done;
    assign in_ready = (a_done || a_ready) && (b_done || b_ready);

    always_ff @(posedge clk) begin
        if (rst || (in_valid && in_ready)) begin
            a_done <= 0;
            b_done <= 0;
        end else begin
            if (a_valid && a_ready) a_done <= 1;
            if (b_valid && b_ready) b_done <= 1;
        end
    end
endmodule
