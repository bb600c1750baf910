"""The synthesis of an accelerator, and its place and route."""
