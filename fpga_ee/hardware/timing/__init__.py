"""The cycles in which rows of samples pass windows, pipelines, stages and buffers."""
