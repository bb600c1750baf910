// SPDX-FileCopyrightText: fpga_ee contributors
// SPDX-License-Identifier: Apache-2.0

// exit_merge passes on every beat of every exit once, unchanged, in its exit's order, sample by sample, and its
// label is the first largest logit. Of the exits that offer a sample, the last goes first.
//
// One beat is inside at a time, so the ideal merge is a register: the beat that entered last, and its exit.
//
// Assumed    an offered beat stays until it is taken, and `last` is on the CLASSES-th of every sample
module exit_merge_proof #(
    parameter integer EXITS = 2,
    parameter integer BITS = 3,
    parameter integer CLASSES = 3,
    parameter integer ID_BITS = 2,
    parameter integer LABEL_BITS = 2,
    parameter integer EXIT_BITS = 3
) (
    input logic                     clk,
    input logic [EXITS*BITS-1:0]    in_data,
    input logic [EXITS*ID_BITS-1:0] in_id,
    input logic [EXITS-1:0]         in_last,
    input logic [EXITS-1:0]         in_valid,
    input logic                     out_ready
);
    localparam integer CHOICE = EXITS > 1 ? $clog2(EXITS) : 1;

    // Reset once, at the start.
    logic running = 0;
    always_ff @(posedge clk) running <= 1;

    wire [EXITS-1:0] in_ready;
    wire [LABEL_BITS+EXIT_BITS+BITS-1:0] out_data;
    wire [ID_BITS-1:0] out_id;
    wire out_last, out_valid;
    exit_merge #(
        .EXITS(EXITS), .BITS(BITS), .CLASSES(CLASSES), .ID_BITS(ID_BITS), .LABEL_BITS(LABEL_BITS),
        .EXIT_BITS(EXIT_BITS)
    ) dut (
        .clk(clk), .rst(!running),
        .in_data(in_data), .in_id(in_id), .in_last(in_last), .in_valid(in_valid), .in_ready(in_ready),
        .out_data(out_data), .out_id(out_id), .out_last(out_last), .out_valid(out_valid), .out_ready(out_ready)
    );
    wire [BITS-1:0] out_logit = out_data[BITS-1:0];
    wire [EXIT_BITS-1:0] out_exit = out_data[BITS+:EXIT_BITS];
    wire [LABEL_BITS-1:0] out_label = out_data[BITS+EXIT_BITS+:LABEL_BITS];

    // The exit from which a beat enters, and the beat.
    wire [EXITS-1:0] takes = in_valid & in_ready;
    wire enters = takes != 0;
    wire leaves = out_valid && out_ready;
    integer e;
    logic [CHOICE-1:0] source;
    always_comb begin
        source = 0;
        for (e = 0; e < EXITS; e = e + 1) if (takes[e]) source = e;
    end

    // Beats that entered of the sample under way, and from where; the last beat that entered.
    logic [LABEL_BITS-1:0] entered;
    logic [CHOICE-1:0] current;
    logic held;
    logic [BITS-1:0] held_logit;
    logic [ID_BITS-1:0] held_id;
    logic held_last;
    always_comb
        for (e = 0; e < EXITS; e = e + 1)
            assume (in_last[e] == ((entered != 0 && current == e ? entered : 0) == CLASSES - 1));
    always_ff @(posedge clk)
        if (!running) begin
            entered <= 0;
            held <= 0;
        end else begin
            held <= enters || (held && !leaves);
            if (enters) begin
                entered <= entered == CLASSES - 1 ? 0 : entered + 1;
                current <= source;
                held_logit <= in_data[source*BITS+:BITS];
                held_id <= in_id[source*ID_BITS+:ID_BITS];
                held_last <= entered == CLASSES - 1;
            end
        end
    always_ff @(posedge clk)
        if (running)
            for (e = 0; e < EXITS; e = e + 1)
                if ($past(running && in_valid[e] && !in_ready[e]))
                    assume (in_valid[e] && $stable(in_data[e*BITS+:BITS]) && $stable(in_id[e*ID_BITS+:ID_BITS]));

    // All logits of the sample under way, to look for the largest; of those the ones up to `place` are there.
    logic [CLASSES*BITS-1:0] logits;
    logic [LABEL_BITS-1:0] place;
    always_ff @(posedge clk)
        if (enters) begin
            logits[entered*BITS+:BITS] <= in_data[source*BITS+:BITS];
            place <= entered;
        end
    (* anyconst *) wire [LABEL_BITS-1:0] other;
    always_comb assume (other < CLASSES);
    wire signed [BITS-1:0] best = logits[out_label*BITS+:BITS];
    wire signed [BITS-1:0] another = logits[other*BITS+:BITS];
    wire first_largest = out_label <= place
        && (other > place || another < best || (another == best && other >= out_label));

    // The exit whose turn it is: the last exit that offers, in the first cycle after a sample in which any exit offers.
    logic picked;
    logic [CHOICE-1:0] turn, last_offering;
    always_comb begin
        last_offering = 0;
        for (e = 0; e < EXITS; e = e + 1) if (in_valid[e]) last_offering = e;
    end
    always_ff @(posedge clk)
        if (!running) picked <= 0;
        else if (picked) picked <= !(enters && entered == CLASSES - 1);
        else begin
            picked <= in_valid != 0;
            turn <= last_offering;
        end

    // A move that could be made and is not: no exit is under way or it offers its next beat, and the output is free.
    wire waits = in_valid != 0 && (entered == 0 || in_valid[current]) && (!out_valid || out_ready) && !enters;

    always_ff @(posedge clk)
        if (running) begin
            single: assert ((takes & (takes - 1'b1)) == 0);
            no_loss: assert (!enters || !held || leaves);
            same: assert (out_valid == held);
            data: assert (!held || (out_logit == held_logit && out_id == held_id && out_last == held_last
                && out_exit == current));
            whole_samples: assert (!enters || entered == 0 || source == current);
            last_first: assert (!enters || (picked && source == turn));
            label: assert (!held || first_largest);
            // An offered beat stays until it is taken.
            offer: assert (!$past(running && out_valid && !out_ready)
                || (out_valid && $stable(out_data) && $stable(out_id) && $stable(out_last)));
            progress: assert (!waits || !$past(running && waits));
        end

    // Invariants of every state that is reached.
    (* hierconn *) wire \dut.chosen ;
    (* hierconn *) wire [CHOICE-1:0] \dut.choice ;
    (* hierconn *) wire [LABEL_BITS-1:0] \dut.position , \dut.label ;
    (* hierconn *) wire [BITS-1:0] \dut.largest ;
    wire signed [BITS-1:0] largest = logits[\dut.label *BITS+:BITS];
    always_ff @(posedge clk)
        if (running) begin
            invariant_position: assert (\dut.position == entered && entered < CLASSES);
            invariant_turn: assert (\dut.chosen == picked && (!picked || \dut.choice == turn));
            invariant_choice: assert (\dut.choice < EXITS
                && (entered == 0 || (\dut.chosen && \dut.choice == current)));
            invariant_offered: assert (!\dut.chosen || entered != 0 || in_valid[\dut.choice ]);
            invariant_place: assert (entered == 0 || place == entered - 1);
            invariant_held: assert (!held || place == (held_last ? CLASSES - 1 : entered - 1));
            invariant_label: assert (entered == 0 || (\dut.label <= place && \dut.largest == largest
                && (other > place || another < largest || (another == largest && other >= \dut.label ))));
        end
endmodule
