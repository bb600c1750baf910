// Writes every beat that comes to a file: cycle, last, data in hexadecimal. Pauses at random. Checks that a beat
// that is offered stays as it is until it is taken.
module stream_sink #(
    parameter integer WIDTH = 8,
    parameter integer BEATS = 1,
    parameter integer STALL = 0,
    parameter FILE = "taken.txt"
) (
    input  logic             clk,
    input  logic             rst,
    input  logic [WIDTH-1:0] data,
    input  logic             last,
    input  logic             valid,
    output logic             ready,
    output logic             done
);
    integer file, count, cycle;
    logic offered;
    logic [WIDTH:0] offer;
    initial file = $fopen(FILE, "w");
    assign done = count >= BEATS;

    always_ff @(posedge clk)
        if (rst) begin
            count <= 0;
            cycle <= 0;
            ready <= 0;
            offered <= 0;
        end else begin
            cycle <= cycle + 1;
            ready <= ($urandom % 100) >= STALL;
            offered <= valid && !ready;
            offer <= {last, data};
            if (offered && (!valid || offer != {last, data})) $fwrite(file, "withdrawn\n");
            if (valid && ready) begin
                count <= count + 1;
                $fwrite(file, "%0d %0d %h\n", cycle, last, data);
                $fflush(file);
            end
        end
endmodule
