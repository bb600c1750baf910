// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Decides by the exit rule "entropy of the softmax below T", in integers. Let d be the distances of the logits from
// the largest. A sample leaves iff the sum of weighted[d] is below
// bounds[(sum of exponentials[d] - 2^SCALE_BITS) >> SHIFT].
//
// The bounds are data. A write replaces one bound; a write beyond the last is ignored. A reset keeps written bounds.
//
// Tables    EXPONENTIALS, WEIGHTED: ENTRIES lines of TABLE_BITS; BOUNDS: BOUND_ENTRIES lines of 32 bits; the
//           last bound is for every larger sum
// Stream    in: one signed logit a beat, CLASSES beats a sample; ids: one a sample; out: one verdict a sample,
//           {take, id}
// Latency   6 + CLASSES cycles from a sample's last logit to its verdict
// Interval  CLASSES + 2 cycles a sample
module exit_decision_entropy #(
    parameter integer BITS = 16,                   // bits of a logit
    parameter integer CLASSES = 10,                // logits a sample
    parameter integer ID_BITS = 16,                // bits of a sample's ID
    parameter integer ENTRIES = 233,               // distances in the tables, the last for every larger one
    parameter integer TABLE_BITS = 17,             // bits of their entries
    parameter integer SCALE_BITS = 16,             // exponentials[0] is 2^SCALE_BITS
    parameter integer SHIFT = 8,                   // of the sum to the index of its bound
    parameter integer BOUND_ENTRIES = 375,         // bounds
    parameter EXPONENTIALS = "exponentials.hex",   // file
    parameter WEIGHTED = "weighted.hex",           // file
    parameter BOUNDS = "bounds.hex"                // file, until they are written
) (
    input  logic                             clk,
    input  logic                             rst,
    input  logic                             bound_write,
    input  logic [15:0]                      bound_address,
    input  logic [31:0]                      bound_data,
    input  logic [BITS-1:0]                  in_data,
    input  logic                             in_last,
    input  logic                             in_valid,
    output logic                             in_ready,
    input  logic [ID_BITS-1:0]               id_data,
    input  logic                             id_valid,
    output logic                             id_ready,
    output logic [ID_BITS:0]                 out_data,
    output logic                             out_valid,
    input  logic                             out_ready
);
    localparam integer INDEX_BITS = $clog2(ENTRIES);
    localparam integer STEP_BITS = BOUND_ENTRIES > 1 ? $clog2(BOUND_ENTRIES) : 1;
    localparam integer SUM_BITS = TABLE_BITS + $clog2(CLASSES + 1);

    wire [INDEX_BITS-1:0] index;
    wire index_last, index_valid;
    // The pipeline stands still while a verdict waits for its reader or for its ID.
    logic total_valid, bound_valid;
    wire finish = bound_valid && id_valid && (!out_valid || out_ready);
    wire move = !total_valid && !bound_valid;

    logit_distances #(.BITS(BITS), .CLASSES(CLASSES), .LAST(ENTRIES - 1), .INDEX_BITS(INDEX_BITS)) distances (
        .clk(clk), .rst(rst),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data(index), .out_last(index_last), .out_valid(index_valid), .out_ready(move)
    );

    logic [TABLE_BITS-1:0] exponentials [0:ENTRIES-1];
    logic [TABLE_BITS-1:0] weighteds [0:ENTRIES-1];
    logic [31:0] bounds [0:BOUND_ENTRIES-1];
    initial $readmemh(EXPONENTIALS, exponentials);
    initial $readmemh(WEIGHTED, weighteds);
    initial $readmemh(BOUNDS, bounds);

    logic [TABLE_BITS-1:0] exponential, weighted;
    logic terms_valid, terms_last, begun;
    logic [SUM_BITS-1:0] total, weighted_total;
    logic [31:0] bound;
    wire [SUM_BITS-1:0] steps = (total - (1 << SCALE_BITS)) >> SHIFT;
    wire [STEP_BITS-1:0] step_of = steps >= BOUND_ENTRIES ? BOUND_ENTRIES - 1 : steps[STEP_BITS-1:0];

    assign id_ready = finish;

    always_ff @(posedge clk) begin
        if (bound_write && bound_address < BOUND_ENTRIES) bounds[bound_address[STEP_BITS-1:0]] <= bound_data;
        bound <= bounds[step_of];
        if (move) begin
            exponential <= exponentials[index];
            weighted <= weighteds[index];
            terms_last <= index_last;
            if (terms_valid) begin
                total <= (begun ? total : 0) + exponential;
                weighted_total <= (begun ? weighted_total : 0) + weighted;
            end
        end
        if (finish) out_data <= {weighted_total < bound, id_data};
    end

    always_ff @(posedge clk)
        if (rst) begin
            terms_valid <= 0;
            total_valid <= 0;
            bound_valid <= 0;
            begun <= 0;
            out_valid <= 0;
        end else begin
            if (move) begin
                terms_valid <= index_valid;
                total_valid <= terms_valid && terms_last;
                if (terms_valid) begun <= !terms_last;
            end else begin
                total_valid <= 0;
                if (total_valid) bound_valid <= 1;
                else if (finish) bound_valid <= 0;
            end
            if (finish) out_valid <= 1;
            else if (out_ready) out_valid <= 0;
        end
endmodule
