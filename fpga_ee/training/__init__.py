"""Joint training of all exits, and weights as files."""
