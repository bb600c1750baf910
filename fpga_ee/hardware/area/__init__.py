"""What the modules of the library take of an FPGA: our own model, fitted on synthesis results."""
