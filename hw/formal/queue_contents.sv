// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// Lists the beats that a stream_fifo holds: its output register first, then its memory from read_pointer on.
//
// Places of the list that are not in use are zero. `sound` tells whether the pointers belong together.
module queue_contents #(
    parameter integer WIDTH = 2,   // bits of a word, `last` counted
    parameter integer DEPTH = 2
) (
    input  logic [$clog2(DEPTH):0]         count,
    input  logic [$clog2(DEPTH)-1:0]       read_pointer,
    input  logic [$clog2(DEPTH)-1:0]       write_pointer,
    input  logic                           out_valid,
    input  logic [WIDTH-1:0]               out_word,
    input  logic [WIDTH*DEPTH-1:0]         memory,   // its words, the first lowest
    output logic [WIDTH*(DEPTH+1)-1:0]     list,
    output logic [$clog2(DEPTH+2)-1:0]     level,
    output logic                           sound
);
    wire [$clog2(DEPTH)+1:0] behind = read_pointer + count;
    wire [2*WIDTH*DEPTH-1:0] ahead = {memory, memory} >> read_pointer * WIDTH;
    wire [WIDTH*DEPTH-1:0] queued = ahead[WIDTH*DEPTH-1:0] & ~({WIDTH*DEPTH{1'b1}} << count * WIDTH);

    assign list = out_valid ? {queued, out_word} : queued;
    assign level = count + out_valid;
    assign sound = count <= DEPTH && read_pointer < DEPTH
        && write_pointer == (behind < DEPTH ? behind : behind - DEPTH);
endmodule
