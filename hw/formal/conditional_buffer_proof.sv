// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// conditional_buffer passes on exactly the samples that are to be kept, unchanged, with their IDs, in order.
//
// Two ideal queues stand for the buffer: samples that wait for a verdict, and samples that wait to be read. They
// hold one beat of every sample. Its index is an arbitrary constant, so the proof holds for all beats.
//
// Assumed    `last` is on the BEATS-th beat of every sample, and nothing else: any data, verdicts and pauses
module conditional_buffer_proof #(
    parameter integer WIDTH = 2,
    parameter integer BEATS = 2,
    parameter integer SAMPLES = 2,   // at most 3
    parameter integer ID_BITS = 2,
    parameter integer KEEP = 0
) (
    input logic               clk,
    input logic [WIDTH-1:0]   in_data,
    input logic               in_last,
    input logic               in_valid,
    input logic [ID_BITS:0]   verdict_data,
    input logic               verdict_valid,
    input logic               out_ready
);
    localparam integer COUNT = $clog2(SAMPLES + 2);
    localparam integer PLACE = $clog2(BEATS + 1);
    localparam integer ENTRY = ID_BITS + WIDTH;

    // Reset once, at the start.
    logic running = 0;
    always_ff @(posedge clk) running <= 1;

    wire in_ready, verdict_ready, out_last, out_valid;
    wire [WIDTH-1:0] out_data;
    wire [ID_BITS-1:0] out_id;
    localparam integer ADDRESS = BEATS * SAMPLES > 1 ? $clog2(BEATS * SAMPLES) : 1;
    localparam integer DEPTH = SAMPLES > 1 ? SAMPLES : 2;
    localparam integer SLOT = ADDRESS + 1;
    localparam integer SLOT_ID = ID_BITS + ADDRESS + 1;
    wire [SLOT*(DEPTH+1)-1:0] free_list, judged_list;
    wire [SLOT_ID*(DEPTH+1)-1:0] kept_list;
    wire [$clog2(DEPTH+2)-1:0] free_level, judged_level, kept_level;
    wire [$clog2(SAMPLES+1)-1:0] unused;
    wire [ADDRESS-1:0] slot;
    wire [(BEATS > 1 ? $clog2(BEATS) : 1)-1:0] write_beat, read_beat;
    wire [9*WIDTH-1:0] memory;
    watched_buffer #(
        .WIDTH(WIDTH), .BEATS(BEATS), .SAMPLES(SAMPLES), .ID_BITS(ID_BITS), .KEEP(KEEP)
    ) watched (
        .clk(clk), .running(running),
        .in_data(in_data), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .verdict_data(verdict_data), .verdict_valid(verdict_valid), .verdict_ready(verdict_ready),
        .out_data(out_data), .out_id(out_id), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready),
        .free_list(free_list), .judged_list(judged_list), .kept_list(kept_list), .free_level(free_level),
        .judged_level(judged_level), .kept_level(kept_level), .unused(unused), .slot(slot),
        .write_beat(write_beat), .read_beat(read_beat), .memory(memory)
    );

    (* anyconst *) wire [PLACE-1:0] tracked;
    always_comb assume (tracked < BEATS);

    // The input: beats of the sample under way, and its tracked beat.
    logic [PLACE-1:0] entered;
    logic [WIDTH-1:0] entering;
    wire write = in_valid && in_ready;
    wire write_last = write && entered == BEATS - 1;
    wire [WIDTH-1:0] whole = entered == tracked ? in_data : entering;
    always_comb assume (in_last == (entered == BEATS - 1));
    always_ff @(posedge clk)
        if (!running) entered <= 0;
        else if (write) begin
            entered <= write_last ? 0 : entered + 1;
            entering <= whole;
        end

    // Samples that wait for a verdict, the oldest lowest. Places that are not in use are zero.
    wire judge = verdict_valid && verdict_ready;
    logic [WIDTH*SAMPLES-1:0] pending;
    logic [COUNT-1:0] pendings;
    wire [WIDTH*SAMPLES-1:0] unjudged = judge ? pending >> WIDTH : pending;
    wire [COUNT-1:0] unjudgeds = pendings - judge;
    wire [WIDTH*SAMPLES-1:0] written = whole;
    always_ff @(posedge clk)
        if (!running) begin
            pending <= 0;
            pendings <= 0;
        end else begin
            pending <= write_last ? unjudged | (written << unjudgeds * WIDTH) : unjudged;
            pendings <= unjudgeds + write_last;
        end

    // Samples to be passed on, with their IDs, until their last beat has been taken.
    wire keep = judge && verdict_data[ID_BITS] == KEEP;
    wire taken = out_valid && out_ready;
    logic [PLACE-1:0] left;                        // beats taken of the sample that leaves
    wire done = taken && left == BEATS - 1;
    logic [ENTRY*(SAMPLES+1)-1:0] kept;
    logic [COUNT-1:0] kepts;
    wire [ENTRY*(SAMPLES+1)-1:0] waiting = done ? kept >> ENTRY : kept;
    wire [COUNT-1:0] waitings = kepts - done;
    wire [ENTRY*(SAMPLES+1)-1:0] chosen = {verdict_data[ID_BITS-1:0], pending[WIDTH-1:0]};
    always_ff @(posedge clk)
        if (!running) begin
            kept <= 0;
            kepts <= 0;
            left <= 0;
        end else begin
            kept <= keep ? waiting | (chosen << waitings * ENTRY) : waiting;
            kepts <= waitings + keep;
            if (taken) left <= done ? 0 : left + 1;
        end

    // Slots in use: a sample has one from its first beat until it is dropped or its last beat is offered.
    wire leaving = out_valid && out_last;
    wire [COUNT-1:0] used = (entered != 0) + pendings + kepts - leaving;

    // A verdict waits a cycle for its sample's slot, and then while slots of read samples come back: one, since
    // cycles lie between two of them; but all of them one after another where a sample is a single beat.
    localparam integer PATIENCE = BEATS > 1 ? 3 : SAMPLES + 1;
    logic [PATIENCE-1:0] waited;
    always_ff @(posedge clk)
        waited <= running && verdict_valid && !verdict_ready && pendings != 0 ? {waited, 1'b1} : 0;

    always_ff @(posedge clk)
        if (running) begin
            count: assert (used <= SAMPLES);
            // A verdict is only taken for a sample that is there as a whole.
            judged: assert (!verdict_ready || pendings != 0);
            order: assert (!out_valid || (kepts != 0 && out_id == kept[WIDTH+:ID_BITS]));
            last: assert (!out_valid || out_last == (left == BEATS - 1));
            data: assert (!out_valid || left != tracked || out_data == kept[WIDTH-1:0]);
            // An offered beat stays until it is taken.
            offer: assert (!$past(running && out_valid && !out_ready)
                || (out_valid && $stable(out_data) && $stable(out_id) && $stable(out_last)));
            // Writing never waits while a slot is free, but for one cycle in which it comes back; and never
            // inside a sample.
            room: assert (in_ready || used == SAMPLES || !$past(running && !in_ready && used < SAMPLES));
            whole_samples: assert (in_ready || entered == 0);
            // It takes no more samples than it has slots.
            full: assert (!in_ready || used < SAMPLES || entered != 0);
            verdict_progress: assert (!(&waited));
            out_progress: assert (out_valid || kepts == 0 || !$past(running && !out_valid && kepts != 0, 2)
                || !$past(running && !out_valid && kepts != 0));
        end

    // Invariants of every state that is reached. Every slot is in exactly one place: free, judged, kept, or not
    // used yet.
    integer s, i;
    logic [3:0] places;
    logic one_place;
    always_comb begin
        one_place = 1;
        for (s = 0; s < SAMPLES; s = s + 1) begin
            places = s >= SAMPLES - unused;
            for (i = 0; i <= DEPTH; i = i + 1) begin
                places = places + (i < free_level && free_list[i*SLOT+:ADDRESS] == s * BEATS);
                places = places + (i < judged_level && judged_list[i*SLOT+:ADDRESS] == s * BEATS);
                places = places + (i < kept_level && kept_list[i*SLOT_ID+:ADDRESS] == s * BEATS);
            end
            if (places != 1) one_place = 0;
        end
    end

    // Slots hold what the ideal queues hold. The one that is read for its last beat is already given back.
    wire [ENTRY*(SAMPLES+1)-1:0] to_read = leaving ? kept >> ENTRY : kept;
    logic [3:0] judged_at, kept_at;
    logic [ID_BITS-1:0] kept_id;
    logic same;
    always_comb begin
        same = 1;
        for (i = 0; i < SAMPLES; i = i + 1) begin
            judged_at = judged_list[i*SLOT+:ADDRESS] + tracked;
            kept_at = kept_list[i*SLOT_ID+:ADDRESS] + tracked;
            kept_id = kept_list[i*SLOT_ID+ADDRESS+:ID_BITS];
            if (i < judged_level && memory[judged_at*WIDTH+:WIDTH] != pending[i*WIDTH+:WIDTH]) same = 0;
            if (i < kept_level && {kept_id, memory[kept_at*WIDTH+:WIDTH]} != to_read[i*ENTRY+:ENTRY]) same = 0;
        end
    end

    wire [PLACE-1:0] read = left + out_valid;
    always_ff @(posedge clk)
        if (running) begin
            invariant_lengths: assert (judged_level == pendings && kept_level + leaving == kepts);
            invariant_places: assert (pending >> pendings * WIDTH == 0 && kept >> kepts * ENTRY == 0);
            invariant_slots: assert (one_place);
            invariant_contents: assert (same
                && (entered <= tracked || memory[(slot+tracked)*WIDTH+:WIDTH] == entering));
            invariant_under_way: assert (write_beat == entered && left < BEATS
                && read_beat == (read == BEATS ? 0 : read));
        end
endmodule
