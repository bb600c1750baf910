"""What exits measure of float logits in PyTorch: one file for each criterion, found by its name."""
