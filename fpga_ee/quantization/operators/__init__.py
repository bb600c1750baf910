"""Operators that fixed point knows, one file for each kind; ``known.py`` has an entry for each."""
