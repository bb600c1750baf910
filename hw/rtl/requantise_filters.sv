// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Rounds the sums of filters that have grids of their own, each half to even to one grid, then limits them.
//
// The filters of a position come in TURNS beats of LANES, and each has the same lane and turn in every position. A lane
// appends zeros to a sum until it is on the finest grid of the lane's filters, and rounds it from there by a
// requantise.sv. A lane with one filter, or with filters of one grid, appends nothing.
//
// Grids     5 bits of COARSER for each filter, the first filter's lowest: by how many fractional bits its grid is
//           coarser than one of which SHIFT bits are dropped
// Stream    in: LANES signed words of IN_BITS; out: LANES words of OUT_BITS (two's complement where LOW < 0)
// Latency   3 cycles
// Interval  1 cycle a beat
module requantise_filters #(
    parameter integer LANES = 1,      // words a beat
    parameter integer TURNS = 2,      // beats a position
    parameter integer IN_BITS = 24,   // bits of a word in
    parameter integer OUT_BITS = 8,   // bits of a word out
    parameter integer SHIFT = 8,      // fractional bits dropped of the finest grid; negative: zeros appended
    parameter integer LOW = 0,        // least output
    parameter integer HIGH = 255,     // greatest output
    parameter [TURNS*LANES*5-1:0] COARSER = 0   // of each filter
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
    localparam integer TURN_BITS = TURNS > 1 ? $clog2(TURNS) : 1;

    // The least and the greatest number of a lane's filters in COARSER.
    function automatic integer least(input integer lane);
        integer i;
        begin
            least = 31;
            for (i = lane; i < TURNS * LANES; i = i + LANES)
                if (COARSER[i*5+:5] < least) least = {27'b0, COARSER[i*5+:5]};
        end
    endfunction
    function automatic integer most(input integer lane);
        integer i;
        begin
            most = 0;
            for (i = lane; i < TURNS * LANES; i = i + LANES)
                if (COARSER[i*5+:5] > most) most = {27'b0, COARSER[i*5+:5]};
        end
    endfunction

    logic [TURN_BITS-1:0] turn;
    always_ff @(posedge clk)
        if (rst) turn <= 0;
        else if (in_valid && in_ready) turn <= turn == TURNS - 1 ? 0 : turn + 1;

    // All lanes move together, so the first speaks for all.
    wire [LANES-1:0] readies, lasts, valids;
    assign in_ready = readies[0];
    assign out_last = lasts[0];
    assign out_valid = valids[0];

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : filter
            localparam integer LEAST = least(lane), MORE = most(lane) - LEAST;
            wire signed [IN_BITS-1:0] given = in_data[lane*IN_BITS+:IN_BITS];
            wire signed [IN_BITS+MORE-1:0] aligned;
            if (MORE == 0) begin : one
                assign aligned = given;
            end else begin : several
                logic [4:0] zeros [0:TURNS-1];
                integer i;
                initial
                    for (i = 0; i < TURNS; i = i + 1) zeros[i] = COARSER[(i*LANES+lane)*5+:5] - LEAST;
                wire signed [IN_BITS+MORE-1:0] full = given;
                assign aligned = full <<< zeros[turn];
            end
            requantise #(
                .LANES(1), .IN_BITS(IN_BITS + MORE), .OUT_BITS(OUT_BITS), .SHIFT(SHIFT - LEAST), .LOW(LOW), .HIGH(HIGH)
            ) rounding (
                .clk(clk), .rst(rst),
                .in_data(aligned), .in_last(in_last), .in_valid(in_valid), .in_ready(readies[lane]),
                .out_data(out_data[lane*OUT_BITS+:OUT_BITS]), .out_last(lasts[lane]), .out_valid(valids[lane]),
                .out_ready(out_ready)
            );
        end
    endgenerate
endmodule
