// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// stream_fifo is an ideal queue: every beat that enters leaves once, unchanged and in order.
//
// The ideal queue is a list that shifts. For the induction it is tied to the registers of the module, which
// are reached by their names (hierconn).
module stream_fifo_proof #(
    parameter integer WIDTH = 2,
    parameter integer DEPTH = 2    // at most 5
) (
    input logic             clk,
    input logic [WIDTH-1:0] in_data,
    input logic             in_last,
    input logic             in_valid,
    input logic             out_ready
);
    localparam integer WORD = WIDTH + 1;
    localparam integer LEVEL = $clog2(DEPTH + 2);

    // Reset once, at the start.
    logic running = 0;
    always_ff @(posedge clk) running <= 1;

    wire in_ready, out_last, out_valid;
    wire [WIDTH-1:0] out_data;
    stream_fifo #(.WIDTH(WIDTH), .DEPTH(DEPTH)) dut (
        .clk(clk), .rst(!running),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data(out_data), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );

    // The ideal queue: the oldest beat is lowest; places that are not in use are zero.
    wire enters = in_valid && in_ready;
    wire leaves = out_valid && out_ready;
    logic [WORD*(DEPTH+1)-1:0] held;
    logic [LEVEL-1:0] level;
    wire [WORD*(DEPTH+1)-1:0] kept = leaves ? held >> WORD : held;
    wire [LEVEL-1:0] left = level - leaves;
    wire [WORD*(DEPTH+1)-1:0] entering = {in_last, in_data};
    always_ff @(posedge clk)
        if (!running) begin
            held <= 0;
            level <= 0;
        end else begin
            held <= enters ? kept | (entering << left * WORD) : kept;
            level <= left + enters;
        end

    always_ff @(posedge clk)
        if (running) begin
            order: assert (!out_valid || (level != 0 && {out_last, out_data} == held[WORD-1:0]));
            // An offered beat stays until it is taken.
            offer: assert (!$past(running && out_valid && !out_ready)
                || (out_valid && $stable(out_data) && $stable(out_last)));
            // Writing waits for room only: DEPTH beats, and the one that is offered.
            room: assert (in_ready == (level - out_valid != DEPTH));
            // A beat inside is offered a cycle later at most.
            progress: assert (out_valid || !$past(running && level != 0 && !out_valid));
        end

    // Invariants of every state that is reached.
    (* hierconn *) wire [$clog2(DEPTH):0] \dut.count ;
    (* hierconn *) wire [$clog2(DEPTH)-1:0] \dut.read_pointer , \dut.write_pointer ;
    (* hierconn *) wire [WIDTH:0]
        \dut.memory[0] , \dut.memory[1] , \dut.memory[2] , \dut.memory[3] , \dut.memory[4] ;
    wire [WORD*5-1:0] memory =
        {\dut.memory[4] , \dut.memory[3] , \dut.memory[2] , \dut.memory[1] , \dut.memory[0] };
    wire [WORD*(DEPTH+1)-1:0] list;
    wire [LEVEL-1:0] length;
    wire sound;
    queue_contents #(.WIDTH(WORD), .DEPTH(DEPTH)) contents (
        .count(\dut.count ), .read_pointer(\dut.read_pointer ), .write_pointer(\dut.write_pointer ),
        .out_valid(out_valid), .out_word({out_last, out_data}), .memory(memory[WORD*DEPTH-1:0]),
        .list(list), .level(length), .sound(sound)
    );
    always_ff @(posedge clk)
        if (running) invariant: assert (sound && length == level && list == held);
endmodule
