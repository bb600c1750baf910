"""From files to the hardware graph: our own exports, conditional models made elsewhere, partition files."""
