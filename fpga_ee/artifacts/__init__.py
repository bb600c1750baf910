"""The border between software and hardware: formats, file names and the manifest."""
