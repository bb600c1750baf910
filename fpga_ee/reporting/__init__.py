"""Tables for the terminal, and pictures."""
