// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Decides by the exit rule "margin of the logits above T", in integers. A sample leaves iff the largest logit minus
// the second largest is above a bound. Two equal largest logits have a margin of 0.
//
// The bound is data. A write replaces it from the next verdict on, until a reset.
//
// Stream    in: one signed logit a beat, 2 or more beats a sample; ids: one a sample; out: one verdict a sample,
//           {take, id}
// Latency   3 cycles from a sample's last logit to its verdict
// Interval  1 cycle a logit
module exit_decision_margin #(
    parameter integer BITS = 16,       // bits of a logit, 2 to 32
    parameter integer ID_BITS = 16,    // bits of a sample's ID
    parameter integer BOUND = 35       // until it is written
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
    localparam logic signed [BITS-1:0] LOWEST = {1'b1, {(BITS-1){1'b0}}};

    // The two largest logits so far. After a whole sample, the next sample waits until the margin can be taken.
    logic signed [BITS-1:0] largest, second;
    logic begun, whole;
    // The margin is between 0 and 2^BITS - 1, so it has no sign.
    logic [BITS-1:0] margin;
    logic margin_valid;
    logic [31:0] bound;

    wire signed [BITS-1:0] logit = in_data;
    wire finish = margin_valid && id_valid && (!out_valid || out_ready);
    wire move = !margin_valid || finish;
    wire take = in_valid && in_ready;

    assign in_ready = !whole || move;
    assign id_ready = finish;

    always_ff @(posedge clk) begin
        if (take) begin
            if (!begun || logit > largest) largest <= logit;
            if (!begun) second <= LOWEST;
            else if (logit > largest) second <= largest;
            else if (logit > second) second <= logit;
        end
        if (move) margin <= largest - second;
        if (finish) out_data <= {margin > bound, id_data};
    end

    always_ff @(posedge clk) begin
        if (rst) bound <= BOUND;
        else if (bound_write) bound <= bound_data;

        if (rst) begin
            begun <= 0;
            whole <= 0;
            margin_valid <= 0;
            out_valid <= 0;
        end else begin
            if (take) begin
                begun <= !in_last;
                whole <= in_last;
            end else if (move) whole <= 0;
            if (move) margin_valid <= whole;
            if (finish) out_valid <= 1;
            else if (out_ready) out_valid <= 0;
        end
    end
endmodule
