"""Exit rules without torch: one file for each criterion, which ``registry.py`` finds by its name."""
