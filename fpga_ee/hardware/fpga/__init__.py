"""FPGAs: resources, families, boards, and the costs of memories and choices in a family."""
