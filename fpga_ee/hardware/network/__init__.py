"""A network as hardware sees it: feature maps, windows, layers, stages, and exits."""
