// Keeps samples until their verdicts are known, then passes them on or drops them.
//
// A drop is one jump of the read pointer, in one cycle. Writing goes on whatever the verdicts do while there is
// room for a beat, so with room for every sample whose verdict is pending the path to the exit is never blocked.
//
// Stream    in: beats of WIDTH, BEATS a sample; verdicts: {take, id}, one a sample in the order of the samples;
//           out: the samples whose take is KEEP, with their id beside every beat
// Latency   2 cycles from the verdict to the first beat
// Interval  BEATS cycles a sample that is passed on, 1 cycle one that is dropped
module conditional_buffer #(
    parameter integer WIDTH = 8,
    parameter integer BEATS = 16,
    parameter integer SAMPLES = 2,     // room, at least 1
    parameter integer ID_BITS = 16,
    parameter integer KEEP = 0         // the value of take with which samples are passed on
) (
    input  logic               clk,
    input  logic               rst,
    input  logic [WIDTH-1:0]   in_data,
    input  logic               in_last,
    input  logic               in_valid,
    output logic               in_ready,
    input  logic [ID_BITS:0]   verdict_data,
    input  logic               verdict_valid,
    output logic               verdict_ready,
    output logic [WIDTH-1:0]   out_data,
    output logic [ID_BITS-1:0] out_id,
    output logic               out_last,
    output logic               out_valid,
    input  logic               out_ready
);
    localparam integer ROOM = BEATS * SAMPLES;
    localparam integer POINTER_BITS = ROOM > 1 ? $clog2(ROOM) : 1;
    localparam integer COUNT_BITS = $clog2(ROOM + 1);
    localparam integer SAMPLE_BITS = $clog2(SAMPLES + 1);
    localparam integer BEAT_BITS = BEATS > 1 ? $clog2(BEATS) : 1;

    logic [WIDTH-1:0] memory [0:ROOM-1];
    logic [POINTER_BITS-1:0] write_pointer, read_pointer;
    logic [COUNT_BITS-1:0] fill;               // beats in the memory
    logic [SAMPLE_BITS-1:0] whole;             // samples that are in it to their last beat
    logic [BEAT_BITS-1:0] read_beat;           // of the sample that is passed on

    wire write = in_valid && in_ready;
    wire judged = verdict_valid && whole != 0;
    wire keep = verdict_data[ID_BITS] == (KEEP != 0);
    wire read = judged && keep && (!out_valid || out_ready);
    wire read_last = read && read_beat == BEATS - 1;
    wire drop = judged && !keep;

    assign in_ready = fill != ROOM;
    assign verdict_ready = drop || read_last;

    wire [POINTER_BITS:0] after_drop = read_pointer + BEATS;

    always_ff @(posedge clk) begin
        if (write) memory[write_pointer] <= in_data;
        if (read) begin
            out_data <= memory[read_pointer];
            out_id <= verdict_data[ID_BITS-1:0];
            out_last <= read_last;
        end
    end

    always_ff @(posedge clk)
        if (rst) begin
            write_pointer <= 0;
            read_pointer <= 0;
            fill <= 0;
            whole <= 0;
            read_beat <= 0;
            out_valid <= 0;
        end else begin
            if (write) write_pointer <= write_pointer == ROOM - 1 ? 0 : write_pointer + 1;
            if (read) read_pointer <= read_pointer == ROOM - 1 ? 0 : read_pointer + 1;
            else if (drop) read_pointer <= after_drop >= ROOM ? after_drop - ROOM : after_drop;
            if (read) read_beat <= read_last ? 0 : read_beat + 1;
            fill <= fill + write - (drop ? BEATS : read);
            whole <= whole + (write && in_last) - (drop || read_last);
            if (read) out_valid <= 1;
            else if (out_ready) out_valid <= 0;
        end
endmodule
