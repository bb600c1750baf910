"""The tools that the hardware flow runs: Verilator, Yosys, nextpnr."""
