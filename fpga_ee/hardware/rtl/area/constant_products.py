"""Products of constants: additions of shifted words, as many as the weights have digits."""

from fpga_ee.hardware.rtl.area.instances import Instance
from fpga_ee.hardware.rtl.area.terms import Terms


def constant_products(it: Instance) -> Terms:
    """What products of constants take."""
    p = it.parameters
    width, half = p["WEIGHT_BITS"], (p["WEIGHT_BITS"] + 1) // 2
    product = p["IN_BITS"] + width
    registers, adders, logic = p["WORDS"] * p["IN_BITS"], 0, 0
    # Equal weights of the same word are one product.
    taps = {(at % p["WORDS"], _weight(p["WEIGHTS"], at, width)) for at in range(p["WORDS"] * p["LANES"])}
    for _, weight in taps:
        lower, upper = _digits(weight, 0, half, width), _digits(weight, half, width, width)
        for digits in (lower, upper):
            registers += _register(digits, p["IN_BITS"], p["IN_SIGNED"])
            adders += max(0, len(digits) - 1) * p["IN_BITS"]
            logic += sum(sign < 0 for _, sign in digits[:1])
        both = bool(lower) + bool(upper)
        registers += product if both == 2 else 0
        adders += product - half if both == 2 else 0
    return Terms(ff=registers, fitted={"addition": adders, "negation": logic})


def _weight(weights: int, at: int, width: int) -> int:
    raw = weights >> (at * width) & ((1 << width) - 1)
    return raw - (1 << width) if raw >> (width - 1) else raw


def _digits(weight: int, first: int, beyond: int, width: int) -> list[tuple[int, int]]:
    """Places and signs of the canonical digits between two places; positive ones first, as they are added."""
    mask = (1 << (width + 2)) - 1
    once, thrice = weight & mask, (3 * weight) & mask
    plus, minus = thrice & ~once, once & ~thrice
    places = range(first, beyond)
    return [(at - first, 1) for at in places if plus >> (at + 1) & 1] + [
        (at - first, -1) for at in places if minus >> (at + 1) & 1
    ]


def _register(digits: list[tuple[int, int]], in_bits: int, signed: int) -> int:
    """Bits that vary in a sum of shifted words."""
    if not digits:
        return 0
    factor = sum(sign << place for place, sign in digits)
    low = min(place for place, _ in digits)
    greatest = (1 << in_bits) - 1 if not signed else 1 << (in_bits - 1)
    sign_bit = 1 if factor < 0 or signed else 0
    return (abs(factor) * greatest).bit_length() + sign_bit - low
