"""Early-exit units: split, decision, conditional buffer and merge."""
