// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Queues beats.
//
// The queue breaks every combinational path between its two sides: in_ready, out_valid and out_data are registers or
// depend on registers only. A beat that is written into an empty queue can be read two cycles later.
//
// Stream    beats of WIDTH bits with `last`, passed on unchanged and in order
// Latency   2 cycles
// Interval  1 cycle a beat
module stream_fifo #(
    parameter integer WIDTH = 8,   // bits of a beat
    parameter integer DEPTH = 16   // beats in the memory, at least 2; one more waits at the output
) (
    input  logic             clk,
    input  logic             rst,
    input  logic [WIDTH-1:0] in_data,
    input  logic             in_last,
    input  logic             in_valid,
    output logic             in_ready,
    output logic [WIDTH-1:0] out_data,
    output logic             out_last,
    output logic             out_valid,
    input  logic             out_ready
);
    localparam integer POINTER = $clog2(DEPTH);

    logic [WIDTH:0]   memory [0:DEPTH-1];
    logic [POINTER-1:0] write_pointer, read_pointer;
    logic [POINTER:0] count;

    wire write = in_valid && in_ready;
    wire read  = count != 0 && (!out_valid || out_ready);

    assign in_ready = count != DEPTH;

    always_ff @(posedge clk) begin
        if (write) memory[write_pointer] <= {in_last, in_data};
        if (read) {out_last, out_data} <= memory[read_pointer];
    end

    always_ff @(posedge clk) begin
        if (rst) begin
            write_pointer <= 0;
            read_pointer <= 0;
            count <= 0;
            out_valid <= 0;
        end else begin
            if (write) write_pointer <= (write_pointer == DEPTH - 1) ? 0 : write_pointer + 1;
            if (read) read_pointer <= (read_pointer == DEPTH - 1) ? 0 : read_pointer + 1;
            if (write != read) count <= write ? count + 1 : count - 1;
            if (read) out_valid <= 1;
            else if (out_ready) out_valid <= 0;
        end
    end
endmodule
