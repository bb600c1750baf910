// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Subtracts every logit from the largest logit of its sample, which gives an index into a table.
//
// The logits of a sample are kept until the largest is known. Then the differences leave, limited to LAST. Two
// samples fit, so one is read while the next arrives.
//
// Stream    in: one signed logit of BITS a beat, CLASSES beats a sample; out: one index a beat
// Latency   3 cycles from a sample's last logit to its first index
// Interval  CLASSES cycles a sample
module logit_distances #(
    parameter integer BITS = 16,       // bits of a logit
    parameter integer CLASSES = 10,    // logits a sample
    parameter integer LAST = 189,      // greatest index, which stands for every larger distance
    parameter integer INDEX_BITS = 8   // bits of an index
) (
    input  logic                  clk,
    input  logic                  rst,
    input  logic [BITS-1:0]       in_data,
    input  logic                  in_last,
    input  logic                  in_valid,
    output logic                  in_ready,
    output logic [INDEX_BITS-1:0] out_data,
    output logic                  out_last,
    output logic                  out_valid,
    input  logic                  out_ready
);
    localparam integer COUNT_BITS = CLASSES > 1 ? $clog2(CLASSES) : 1;

    logic [BITS-1:0] memory [0:2*(1<<COUNT_BITS)-1];
    logic signed [BITS-1:0] largest_0, largest_1;
    logic [1:0] whole;                         // halves of the memory that hold a whole sample

    // Arriving.
    logic write_half;
    logic [COUNT_BITS-1:0] write_count;
    logic signed [BITS-1:0] largest;           // so far
    wire write = in_valid && in_ready;
    wire signed [BITS-1:0] logit = in_data;
    wire signed [BITS-1:0] larger = write_count == 0 || logit > largest ? logit : largest;

    // Leaving.
    logic read_half;
    logic [COUNT_BITS-1:0] read_count;
    logic valid_1, last_1, half_1;
    logic signed [BITS-1:0] logit_1;
    wire move = !out_valid || out_ready;
    wire read = move && whole[read_half];
    wire read_last = read_count == CLASSES - 1;
    wire signed [BITS:0] distance = (half_1 ? largest_1 : largest_0) - logit_1;

    // A half may be written again once it is read, but its largest logit only after the last subtraction.
    wire needed = valid_1 && half_1 == write_half;
    assign in_ready = !whole[write_half] && !(in_last && needed);

    always_ff @(posedge clk) begin
        if (write) begin
            memory[{write_half, write_count}] <= in_data;
            largest <= larger;
            if (in_last && !write_half) largest_0 <= larger;
            if (in_last && write_half) largest_1 <= larger;
        end
        if (move) begin
            logit_1 <= memory[{read_half, read_count}];
            half_1 <= read_half;
            {last_1, out_last} <= {read_last, last_1};
            out_data <= distance > LAST ? LAST : distance[INDEX_BITS-1:0];
        end
    end

    always_ff @(posedge clk)
        if (rst) begin
            whole <= 0;
            write_half <= 0;
            write_count <= 0;
            read_half <= 0;
            read_count <= 0;
            {valid_1, out_valid} <= 0;
        end else begin
            if (write) write_count <= in_last ? 0 : write_count + 1;
            if (write && in_last) begin
                write_half <= !write_half;
                whole[write_half] <= 1;
            end
            if (read) read_count <= read_last ? 0 : read_count + 1;
            if (read && read_last) begin
                read_half <= !read_half;
                whole[read_half] <= 0;
            end
            if (move) {valid_1, out_valid} <= {read, valid_1};
        end
endmodule
