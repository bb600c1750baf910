"""Power-of-two fixed point, and the certificate that makes it exact."""
