// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Sums COUNT signed words in a tree with a register behind every level.
//
// `move` lets all registers take their next value. Without it the tree stands still.
//
// Latency   $clog2(COUNT) moves
// Interval  1 move
module adder_tree #(
    parameter integer COUNT = 5,      // words
    parameter integer BITS = 15,      // bits of a word
    parameter integer SUM_BITS = 24   // bits of the sum, which the caller knows to fit; at least BITS
) (
    input  logic                       clk,
    input  logic                       move,
    input  logic [COUNT*BITS-1:0]      words,
    output logic signed [SUM_BITS-1:0] sum
);
    localparam integer LEVELS = COUNT > 1 ? $clog2(COUNT) : 0;

    // The words of a level, their width, and the first bit of the level in one long vector of all levels.
    function automatic integer words_on(input integer level);
        words_on = (COUNT + (1 << level) - 1) >> level;
    endfunction
    function automatic integer bits_on(input integer level);
        bits_on = BITS + level < SUM_BITS ? BITS + level : SUM_BITS;
    endfunction
    function automatic integer start_of(input integer level);
        integer below;
        begin
            start_of = 0;
            for (below = 0; below < level; below = below + 1)
                start_of = start_of + words_on(below) * bits_on(below);
        end
    endfunction

    localparam integer FLOW_BITS = start_of(LEVELS + 1);
    localparam integer SUM_AT = start_of(LEVELS);
    localparam integer LAST_BITS = bits_on(LEVELS);
    wire [FLOW_BITS-1:0] flow;
    assign flow[COUNT*BITS-1:0] = words;

    genvar level, n;
    generate
        for (level = 1; level <= LEVELS; level = level + 1) begin : stage
            localparam integer FROM = bits_on(level - 1), FROM_AT = start_of(level - 1);
            localparam integer TO = bits_on(level), TO_AT = start_of(level);
            localparam integer ABOVE = words_on(level - 1), HERE = words_on(level);
            for (n = 0; n < HERE; n = n + 1) begin : node
                wire signed [FROM-1:0] a = flow[FROM_AT+2*n*FROM+:FROM];
                logic signed [TO-1:0] total;
                if (2 * n + 1 < ABOVE) begin : pair
                    wire signed [FROM-1:0] b = flow[FROM_AT+(2*n+1)*FROM+:FROM];
                    always_ff @(posedge clk) if (move) total <= a + b;
                end else begin : single
                    always_ff @(posedge clk) if (move) total <= a;
                end
                assign flow[TO_AT+n*TO+:TO] = total;
            end
        end
    endgenerate
    assign sum = $signed(flow[SUM_AT+:LAST_BITS]);
endmodule
