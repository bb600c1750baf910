// Plays the beats of a file: {last, data} a line, in hexadecimal. Pauses at random, STALL percent of the cycles.
// Writes the cycle in which each of them is taken to a file; cycles are counted as in stream_sink.
module stream_source #(
    parameter integer WIDTH = 8,
    parameter integer BEATS = 1,
    parameter integer STALL = 0,
    parameter integer START = 0,   // cycles before the first of them is offered
    parameter FILE = "beats.hex",
    parameter TAKEN = "taken.txt"
) (
    input  logic             clk,
    input  logic             rst,
    output logic [WIDTH-1:0] data,
    output logic             last,
    output logic             valid,
    input  logic             ready
);
    logic [WIDTH:0] beats [0:BEATS-1];
    integer next, cycle, file;
    initial $readmemh(FILE, beats);
    initial file = $fopen(TAKEN, "w");

    always_ff @(posedge clk)
        if (rst) cycle <= 0;
        else begin
            cycle <= cycle + 1;
            if (valid && ready) begin
                $fwrite(file, "%0d\n", cycle);
                $fflush(file);
            end
        end

    always_ff @(posedge clk)
        if (rst) begin
            next <= 0;
            valid <= 0;
        end else if (!valid || ready) begin
            if (next < BEATS && cycle >= START && ($urandom % 100) >= STALL) begin
                {last, data} <= beats[next];
                next <= next + 1;
                valid <= 1;
            end else valid <= 0;
        end
endmodule
