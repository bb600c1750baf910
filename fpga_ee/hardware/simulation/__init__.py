"""The simulation of an accelerator, and the first word that is wrong."""
