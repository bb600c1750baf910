"""When rows of samples pass: windows, pipelines, runs, throughput, buffers."""
