"""Bits of numbers and of counters, as the library's modules declare them."""


def clog2(value: int) -> int:
    """Compute Verilog's ``$clog2``: the bits that tell ``value`` values apart; 0 for one or none."""
    return (value - 1).bit_length() if value > 1 else 0


def counter_bits(values: int) -> int:
    """Compute the bits of a counter with ``values`` values, as modules declare it: at least one."""
    return max(1, clog2(values))
