"""FPGAs: resources, families, boards, and what a family makes of memories and choices."""
