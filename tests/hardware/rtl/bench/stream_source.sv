// Plays the beats of a file: {last, data} a line, in hexadecimal. Pauses at random, STALL percent of the cycles.
module stream_source #(
    parameter integer WIDTH = 8,
    parameter integer BEATS = 1,
    parameter integer STALL = 0,
    parameter FILE = "beats.hex"
) (
    input  logic             clk,
    input  logic             rst,
    output logic [WIDTH-1:0] data,
    output logic             last,
    output logic             valid,
    input  logic             ready
);
    logic [WIDTH:0] beats [0:BEATS-1];
    integer next;
    initial $readmemh(FILE, beats);

    always_ff @(posedge clk)
        if (rst) begin
            next <= 0;
            valid <= 0;
        end else if (!valid || ready) begin
            if (next < BEATS && ($urandom % 100) >= STALL) begin
                {last, data} <= beats[next];
                next <= next + 1;
                valid <= 1;
            end else valid <= 0;
        end
endmodule
