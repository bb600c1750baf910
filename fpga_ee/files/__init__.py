"""Files of any kind: read within limits, checked against schemas, written whole or not at all."""
