"""What the modules of the library take of a 7-series FPGA: our own model, fitted on synthesis results."""
