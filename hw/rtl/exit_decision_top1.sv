// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Decides by the exit rule "largest softmax probability above T", in integers. A sample leaves iff the sum over all
// logits of exponentials[largest - logit] is below a bound.
//
// The bound is data. A write replaces it from the next verdict on, until a reset.
//
// Table     EXPONENTIALS: ENTRIES lines of TABLE_BITS
// Stream    in: one signed logit a beat, CLASSES beats a sample; ids: one a sample; out: one verdict a sample,
//           {take, id}
// Latency   5 + CLASSES cycles from a sample's last logit to its verdict
// Interval  CLASSES cycles a sample
module exit_decision_top1 #(
    parameter integer BITS = 16,                  // bits of a logit
    parameter integer CLASSES = 10,               // logits a sample
    parameter integer ID_BITS = 16,               // bits of a sample's ID
    parameter integer ENTRIES = 190,              // distances in the table, the last for every larger one
    parameter integer TABLE_BITS = 17,            // bits of an entry
    parameter integer BOUND = 72818,              // until it is written
    parameter EXPONENTIALS = "exponentials.hex"   // file
) (
    input  logic               clk,
    input  logic               rst,
    input  logic               bound_write,
    input  logic [31:0]        bound_data,
    input  logic [BITS-1:0]    in_data,
    input  logic               in_last,
    input  logic               in_valid,
    output logic               in_ready,
    input  logic [ID_BITS-1:0] id_data,
    input  logic               id_valid,
    output logic               id_ready,
    output logic [ID_BITS:0]   out_data,
    output logic               out_valid,
    input  logic               out_ready
);
    localparam integer INDEX_BITS = $clog2(ENTRIES);
    localparam integer SUM_BITS = TABLE_BITS + $clog2(CLASSES + 1);

    wire [INDEX_BITS-1:0] index;
    wire index_last, index_valid;
    // The pipeline stands still while a verdict waits for its reader or for its ID.
    logic total_valid;
    wire finish = total_valid && id_valid && (!out_valid || out_ready);
    wire move = !total_valid || finish;

    logit_distances #(.BITS(BITS), .CLASSES(CLASSES), .LAST(ENTRIES - 1), .INDEX_BITS(INDEX_BITS)) distances (
        .clk(clk), .rst(rst),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data(index), .out_last(index_last), .out_valid(index_valid), .out_ready(move)
    );

    logic [TABLE_BITS-1:0] exponentials [0:ENTRIES-1];
    initial $readmemh(EXPONENTIALS, exponentials);

    logic [TABLE_BITS-1:0] exponential;
    logic exponential_valid, exponential_last, begun;
    logic [SUM_BITS-1:0] total;
    logic [31:0] bound;

    assign id_ready = finish;

    always_ff @(posedge clk) begin
        if (move) begin
            exponential <= exponentials[index];
            exponential_last <= index_last;
            if (exponential_valid) total <= (begun ? total : 0) + exponential;
        end
        if (finish) out_data <= {total < bound, id_data};
    end

    always_ff @(posedge clk) begin
        if (rst) bound <= BOUND;
        else if (bound_write) bound <= bound_data;

        if (rst) begin
            exponential_valid <= 0;
            total_valid <= 0;
            begun <= 0;
            out_valid <= 0;
        end else begin
            if (move) begin
                exponential_valid <= index_valid;
                total_valid <= exponential_valid && exponential_last;
                if (exponential_valid) begun <= !exponential_last;
            end
            if (finish) out_valid <= 1;
            else if (out_ready) out_valid <= 0;
        end
    end
endmodule
