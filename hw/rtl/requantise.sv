// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Rounds words half to even to a coarser grid, then limits them, as ONNX QuantizeLinear does. LOW = 0 includes the
// ReLU behind it.
//
// Stream    in: LANES signed words of IN_BITS; out: LANES words of OUT_BITS (two's complement where LOW < 0)
// Latency   3 cycles
// Interval  1 cycle a beat
module requantise #(
    parameter integer LANES = 1,      // words a beat
    parameter integer IN_BITS = 24,   // bits of a word in
    parameter integer OUT_BITS = 8,   // bits of a word out
    parameter integer SHIFT = 8,      // fractional bits dropped; negative: zeros appended
    parameter integer LOW = 0,        // least output
    parameter integer HIGH = 255      // greatest output
) (
    input  logic                      clk,
    input  logic                      rst,
    input  logic [LANES*IN_BITS-1:0]  in_data,
    input  logic                      in_last,
    input  logic                      in_valid,
    output logic                      in_ready,
    output logic [LANES*OUT_BITS-1:0] out_data,
    output logic                      out_last,
    output logic                      out_valid,
    input  logic                      out_ready
);
    localparam integer DOWN = SHIFT > 0 ? SHIFT : 0;
    localparam integer UP = SHIFT < 0 ? -SHIFT : 0;
    // At least the sign of every word is left, and the width holds the rounded word and both limits.
    localparam integer FULL = IN_BITS > DOWN + 1 ? IN_BITS : DOWN + 1;
    localparam integer KEPT = FULL - DOWN + UP;
    localparam integer ROUNDED = (KEPT > OUT_BITS ? KEPT : OUT_BITS) + 1;

    logic valid_1, valid_2, last_1, last_2;
    wire move = !out_valid || out_ready;

    assign in_ready = move;

    always_ff @(posedge clk) begin
        if (rst) {valid_1, valid_2, out_valid} <= 0;
        else if (move) {valid_1, valid_2, out_valid} <= {in_valid, valid_1, valid_2};
        if (move) {last_1, last_2, out_last} <= {in_last, last_1, last_2};
    end

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : word
            wire signed [IN_BITS-1:0] given = in_data[lane*IN_BITS+:IN_BITS];
            wire signed [FULL-1:0] full = given;
            wire signed [ROUNDED-1:0] floor_of = (full >>> DOWN) <<< UP;
            wire up;
            if (DOWN == 0) assign up = 0;
            else if (DOWN == 1) assign up = full[0] && full[1];
            else assign up = full[DOWN-1] && (full[DOWN-2:0] != 0 || full[DOWN]);

            logic signed [ROUNDED-1:0] floored, rounded;
            logic up_1;
            logic [OUT_BITS-1:0] limited;
            assign out_data[lane*OUT_BITS+:OUT_BITS] = limited;
            always_ff @(posedge clk)
                if (move) begin
                    floored <= floor_of;
                    up_1 <= up;
                    rounded <= floored + $signed({1'b0, up_1});
                    limited <= rounded < LOW ? LOW : rounded > HIGH ? HIGH : rounded[OUT_BITS-1:0];
                end
        end
    endgenerate
endmodule
