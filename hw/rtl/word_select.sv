// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Chooses one of COUNT words by a balanced tree of two-way choices, which fits LUTs better than a shifter does.
//
// Combinational. `index` is below COUNT.
module word_select #(
    parameter integer WIDTH = 8,                              // bits of a word
    parameter integer COUNT = 5,                              // words
    parameter integer INDEX = COUNT > 1 ? $clog2(COUNT) : 1   // derived: bits of the index
) (
    input  logic [WIDTH*COUNT-1:0] words,
    input  logic [INDEX-1:0]       index,
    output logic [WIDTH-1:0]       word
);
    // Node 1 is the root, nodes 2n and 2n+1 are below node n, and the leaves are the words. Missing leaves repeat the
    // last word.
    localparam integer LEAVES = 1 << INDEX;
    wire [WIDTH-1:0] node [1:2*LEAVES-1];

    genvar n;
    generate
        for (n = 0; n < LEAVES; n = n + 1) begin : leaf
            localparam integer SOURCE = n < COUNT ? n : COUNT - 1;
            assign node[LEAVES+n] = words[WIDTH*SOURCE+:WIDTH];
        end
        for (n = 1; n < LEAVES; n = n + 1) begin : choice
            // floor(log2(n)) is the depth; the root chooses by the highest bit.
            localparam integer DEPTH = $clog2(n + 1) - 1;
            assign node[n] = index[INDEX-1-DEPTH] ? node[2*n+1] : node[2*n];
        end
    endgenerate
    assign word = node[1];
endmodule
