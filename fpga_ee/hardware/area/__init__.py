"""Resources of the library's modules on an FPGA: our own model, fitted on synthesis results."""
