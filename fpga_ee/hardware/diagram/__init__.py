"""Block diagrams of accelerators: streams, blocks, copies, and their SystemVerilog."""
