// Clocks a bench until all its sinks have what they wait for, and some cycles longer to see what comes too much.
#include <cstdio>
#include "Vbench.h"
#include "verilated.h"

int main(int argc, char** argv) {
    VerilatedContext context;
    context.commandArgs(argc, argv);
    Vbench bench{&context};
    long left = 2'000'000, after = 500;
    for (long cycle = 0; left > 0 && after > 0; ++cycle, --left) {
        bench.rst = cycle < 4;
        bench.clk = 0;
        bench.eval();
        bench.clk = 1;
        bench.eval();
        if (cycle > 10 && bench.done) --after;
    }
    bench.final();
    if (left == 0) std::puts("timeout");
    return left == 0;
}
