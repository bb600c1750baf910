"""The hardware half: the cost and the speed of a network on a board, and its accelerator."""
