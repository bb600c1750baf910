"""Exit rules in float, the integer exit decision, and the calibration of thresholds."""
