// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// A conditional_buffer whose registers are seen: the slots in its queues, as lists, and its memory.
//
// The registers are reached by their names (hierconn). What always holds between the numbers of slots, whatever
// enters, is asserted here, for every proof in which the buffer takes part.
module watched_buffer #(
    parameter integer WIDTH = 2,
    parameter integer BEATS = 2,     // BEATS * SAMPLES at most 9
    parameter integer SAMPLES = 2,   // at most 3
    parameter integer ID_BITS = 2,
    parameter integer KEEP = 0,
    // Derived, as in the module: bits of an address, of an entry of the queues of slots with its `last`, ...
    parameter integer ADDRESS = BEATS * SAMPLES > 1 ? $clog2(BEATS * SAMPLES) : 1,
    parameter integer DEPTH = SAMPLES > 1 ? SAMPLES : 2,
    parameter integer LEVEL = $clog2(DEPTH + 2),
    parameter integer PLACE = BEATS > 1 ? $clog2(BEATS) : 1,
    parameter integer SLOT = ADDRESS + 1,
    parameter integer SLOT_ID = ID_BITS + ADDRESS + 1
) (
    input  logic                          clk,
    input  logic                          running,
    input  logic [WIDTH-1:0]              in_data,
    input  logic                          in_last,
    input  logic                          in_valid,
    output logic                          in_ready,
    input  logic [ID_BITS:0]              verdict_data,
    input  logic                          verdict_valid,
    output logic                          verdict_ready,
    output logic [WIDTH-1:0]              out_data,
    output logic [ID_BITS-1:0]            out_id,
    output logic                          out_last,
    output logic                          out_valid,
    input  logic                          out_ready,
    output logic [SLOT*(DEPTH+1)-1:0]     free_list,
    output logic [SLOT*(DEPTH+1)-1:0]     judged_list,
    output logic [SLOT_ID*(DEPTH+1)-1:0]  kept_list,
    output logic [LEVEL-1:0]              free_level,
    output logic [LEVEL-1:0]              judged_level,
    output logic [LEVEL-1:0]              kept_level,
    output logic [$clog2(SAMPLES+1)-1:0]  unused,
    output logic [ADDRESS-1:0]            slot,
    output logic [PLACE-1:0]              write_beat,
    output logic [PLACE-1:0]              read_beat,
    output logic [9*WIDTH-1:0]            memory
);
    conditional_buffer #(
        .WIDTH(WIDTH), .BEATS(BEATS), .SAMPLES(SAMPLES), .ID_BITS(ID_BITS), .KEEP(KEEP)
    ) dut (
        .clk(clk), .rst(!running),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .verdict_data(verdict_data), .verdict_valid(verdict_valid), .verdict_ready(verdict_ready),
        .out_data(out_data), .out_id(out_id), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );

    (* hierconn *) wire [$clog2(SAMPLES+1)-1:0] \dut.unused , \dut.fill ;
    (* hierconn *) wire [ADDRESS-1:0] \dut.unused_slot , \dut.slot ;
    (* hierconn *) wire [PLACE-1:0] \dut.write_beat , \dut.read_beat ;
    (* hierconn *) wire [WIDTH-1:0] \dut.memory[0] , \dut.memory[1] , \dut.memory[2] , \dut.memory[3] ,
        \dut.memory[4] , \dut.memory[5] , \dut.memory[6] , \dut.memory[7] , \dut.memory[8] ;
    assign unused = \dut.unused ;
    assign slot = \dut.slot ;
    assign write_beat = \dut.write_beat ;
    assign read_beat = \dut.read_beat ;
    assign memory = {
        \dut.memory[8] , \dut.memory[7] , \dut.memory[6] , \dut.memory[5] , \dut.memory[4] ,
        \dut.memory[3] , \dut.memory[2] , \dut.memory[1] , \dut.memory[0]
    };

    (* hierconn *) wire [ADDRESS-1:0] \dut.free_slot , \dut.judged_slot , \dut.kept_slot ;
    (* hierconn *) wire [ID_BITS-1:0] \dut.kept_id ;
    (* hierconn *) wire \dut.free_valid , \dut.judged_valid , \dut.kept_valid ;
    (* hierconn *) wire [$clog2(DEPTH):0] \dut.free_slots.count , \dut.judged_slots.count , \dut.kept_slots.count ;
    (* hierconn *) wire [$clog2(DEPTH)-1:0]
        \dut.free_slots.read_pointer , \dut.judged_slots.read_pointer , \dut.kept_slots.read_pointer ,
        \dut.free_slots.write_pointer , \dut.judged_slots.write_pointer , \dut.kept_slots.write_pointer ;
    (* hierconn *) wire [SLOT-1:0]
        \dut.free_slots.memory[0] , \dut.free_slots.memory[1] , \dut.free_slots.memory[2] ,
        \dut.judged_slots.memory[0] , \dut.judged_slots.memory[1] , \dut.judged_slots.memory[2] ;
    (* hierconn *) wire [SLOT_ID-1:0]
        \dut.kept_slots.memory[0] , \dut.kept_slots.memory[1] , \dut.kept_slots.memory[2] ;
    wire [3*SLOT-1:0] free_memory =
        {\dut.free_slots.memory[2] , \dut.free_slots.memory[1] , \dut.free_slots.memory[0] };
    wire [3*SLOT-1:0] judged_memory =
        {\dut.judged_slots.memory[2] , \dut.judged_slots.memory[1] , \dut.judged_slots.memory[0] };
    wire [3*SLOT_ID-1:0] kept_memory =
        {\dut.kept_slots.memory[2] , \dut.kept_slots.memory[1] , \dut.kept_slots.memory[0] };

    wire free_sound, judged_sound, kept_sound;
    queue_contents #(.WIDTH(SLOT), .DEPTH(DEPTH)) free_contents (
        .count(\dut.free_slots.count ), .read_pointer(\dut.free_slots.read_pointer ),
        .write_pointer(\dut.free_slots.write_pointer ), .out_valid(\dut.free_valid ),
        .out_word({1'b1, \dut.free_slot }), .memory(free_memory[DEPTH*SLOT-1:0]),
        .list(free_list), .level(free_level), .sound(free_sound)
    );
    queue_contents #(.WIDTH(SLOT), .DEPTH(DEPTH)) judged_contents (
        .count(\dut.judged_slots.count ), .read_pointer(\dut.judged_slots.read_pointer ),
        .write_pointer(\dut.judged_slots.write_pointer ), .out_valid(\dut.judged_valid ),
        .out_word({1'b1, \dut.judged_slot }), .memory(judged_memory[DEPTH*SLOT-1:0]),
        .list(judged_list), .level(judged_level), .sound(judged_sound)
    );
    queue_contents #(.WIDTH(SLOT_ID), .DEPTH(DEPTH)) kept_contents (
        .count(\dut.kept_slots.count ), .read_pointer(\dut.kept_slots.read_pointer ),
        .write_pointer(\dut.kept_slots.write_pointer ), .out_valid(\dut.kept_valid ),
        .out_word({1'b1, \dut.kept_id , \dut.kept_slot }), .memory(kept_memory[DEPTH*SLOT_ID-1:0]),
        .list(kept_list), .level(kept_level), .sound(kept_sound)
    );

    always_ff @(posedge clk)
        if (running) begin
            invariant_queues: assert (free_sound && judged_sound && kept_sound);
            invariant_levels: assert (unused + free_level + judged_level + kept_level == SAMPLES
                && \dut.fill == judged_level + kept_level + (write_beat != 0));
            invariant_unused: assert (unused == 0 || \dut.unused_slot == (SAMPLES - unused) * BEATS);
            invariant_beats: assert (write_beat < BEATS && read_beat < BEATS
                && (write_beat == 0 || in_ready) && (read_beat == 0 || \dut.kept_valid ));
        end
endmodule
