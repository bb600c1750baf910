// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Joins the results of all exits into one stream, whole samples at a time. The last exit goes first.
//
// Results leave in the order in which they are ready, which may differ from the order of the samples. The ID names
// the sample. Beside every logit stands the label so far: the index of the first largest logit up to this beat. With
// the sample's last beat it is the label of the sample.
//
// Stream    in: per exit e one signed logit a beat at bit e * BITS, its ID at bit e * ID_BITS;
//           out: {label, exit index, logit} with the ID beside every beat
// Latency   1 cycle from a logit taken to its beat; 1 cycle from a sample offered to its first logit taken, in which
//           the exit is chosen
// Interval  CLASSES + 1 cycles a sample
module exit_merge #(
    parameter integer EXITS = 2,        // streams that are joined
    parameter integer BITS = 16,        // bits of a logit
    parameter integer CLASSES = 10,     // logits a sample
    parameter integer ID_BITS = 16,     // bits of a sample's ID
    parameter integer LABEL_BITS = 8,   // bits of a label
    parameter integer EXIT_BITS = 8     // bits of an exit's index
) (
    input  logic                                 clk,
    input  logic                                 rst,
    input  logic [EXITS*BITS-1:0]                in_data,
    input  logic [EXITS*ID_BITS-1:0]             in_id,
    input  logic [EXITS-1:0]                     in_last,
    input  logic [EXITS-1:0]                     in_valid,
    output logic [EXITS-1:0]                     in_ready,
    output logic [LABEL_BITS+EXIT_BITS+BITS-1:0] out_data,
    output logic [ID_BITS-1:0]                   out_id,
    output logic                                 out_last,
    output logic                                 out_valid,
    input  logic                                 out_ready
);
    localparam integer CHOICE_BITS = EXITS > 1 ? $clog2(EXITS) : 1;

    logic chosen;                                // one exit has the output until its sample's last beat
    logic [CHOICE_BITS-1:0] choice, foremost;
    wire move = !out_valid || out_ready;

    integer e;
    always_comb begin
        foremost = 0;
        for (e = 0; e < EXITS; e = e + 1) if (in_valid[e]) foremost = e;
    end

    wire [BITS-1:0] word;
    wire [ID_BITS-1:0] id;
    wire last, valid;
    word_select #(.WIDTH(BITS), .COUNT(EXITS)) words (.words(in_data), .index(choice), .word(word));
    word_select #(.WIDTH(ID_BITS), .COUNT(EXITS)) ids (.words(in_id), .index(choice), .word(id));
    word_select #(.WIDTH(1), .COUNT(EXITS)) lasts (.words(in_last), .index(choice), .word(last));
    word_select #(.WIDTH(1), .COUNT(EXITS)) valids (.words(in_valid), .index(choice), .word(valid));

    wire take = chosen && valid && move;
    assign in_ready = (chosen && move) ? 1 << choice : 0;

    logic [LABEL_BITS-1:0] position, label;
    logic signed [BITS-1:0] largest;
    wire signed [BITS-1:0] logit = word;
    wire leads = position == 0 || logit > largest;
    wire [LABEL_BITS-1:0] label_here = leads ? position : label;

    always_ff @(posedge clk)
        if (take) begin
            out_data <= {label_here, {(EXIT_BITS - CHOICE_BITS){1'b0}}, choice, word};
            out_id <= id;
            out_last <= last;
            label <= label_here;
            if (leads) largest <= logit;
        end

    always_ff @(posedge clk)
        if (rst) begin
            chosen <= 0;
            choice <= 0;
            position <= 0;
            out_valid <= 0;
        end else begin
            if (!chosen) begin
                chosen <= in_valid != 0;
                choice <= foremost;
            end else if (take && last) chosen <= 0;
            if (take) position <= last ? 0 : position + 1;
            if (take) out_valid <= 1;
            else if (out_ready) out_valid <= 0;
        end
endmodule
