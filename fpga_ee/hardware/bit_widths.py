"""Bits of numbers and of counters, as the library's modules declare them."""


def clog2(value: int) -> int:
    """Verilog's ``$clog2``: bits that tell ``value`` values apart; 0 for one or none."""
    return (value - 1).bit_length() if value > 1 else 0


def counter_bits(values: int) -> int:
    """Bits of a counter of so many values; a module declares one bit at least."""
    return max(1, clog2(values))
