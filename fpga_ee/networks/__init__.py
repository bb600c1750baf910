"""Early-exit networks."""
