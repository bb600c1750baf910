"""A folded network: its format, its checks, its files, and the accelerator that is written for it."""
