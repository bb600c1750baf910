"""The accelerator itself: generate, simulate."""
