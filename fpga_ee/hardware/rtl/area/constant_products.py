"""Products of constants: additions of shifted words, as many as the weights have digits.

What Yosys builds once is counted once: bits of a word that only wait, whatever they are shifted by, equal halves of weights
of a word, and equal weights of a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from fpga_ee.hardware.rtl.area.instances import Instance
from fpga_ee.hardware.rtl.area.terms import Terms

Bit = tuple[object, ...]
"""Names what a register holds: two of the same name are one register."""


@dataclass(frozen=True)
class _Sum:
    """Shifted words, added: a half of a weight, times a word.

    Attributes:
        plus: Places of the digits 1, lowest first.
        minus: Places of the digits -1.
        room: Bits that are declared for it.
    """

    plus: tuple[int, ...]
    minus: tuple[int, ...]
    room: int

    def __bool__(self) -> bool:
        """Whether there is anything to add."""
        return bool(self.plus or self.minus)

    @property
    def digits(self) -> int:
        """How many there are."""
        return len(self.plus) + len(self.minus)

    def top(self, in_bits: int) -> int:
        """Bits of the sum: Yosys does not know that a word times a small factor needs fewer."""
        if self.minus and self.digits > 1:
            return self.room
        return in_bits + max(self.plus + self.minus) + (0 if self.digits == 1 and self.plus else 1)

    def bits(self, word: int, in_bits: int) -> dict[int, Bit]:
        """What varies, by place."""
        bottom = min(self.plus + self.minus)
        places = range(bottom, self.top(in_bits))
        if self.minus:
            return {at: (word, self.plus, self.minus, at) for at in places}
        # Below its second digit the sum is the word itself. Shifted as a whole it is the same sum.
        alone = self.plus[1] if self.digits > 1 else self.top(in_bits)
        same = tuple(place - bottom for place in self.plus)
        return {at: (word, at - bottom) if at < alone else (word, same, (), at - bottom) for at in places}


def constant_products(it: Instance) -> Terms:
    """What products of constants take."""
    p = it.parameters
    width, in_bits = p["WEIGHT_BITS"], p["IN_BITS"]
    half, product = (width + 1) // 2, in_bits + width
    halves: set[Bit] = set()
    products: set[Bit] = set()
    sums: set[tuple[int, tuple[int, ...], tuple[int, ...]]] = set()
    joined, signed = 0, 0
    weights: dict[int, set[int]] = {}
    for at in range(p["WORDS"] * p["LANES"]):
        weights.setdefault(at % p["WORDS"], set()).add(_weight(it, at))
    # A word that is only shifted, by all filters, waits in a shift register of LUTs; one that nobody wants is not there.
    wanted = {word: found - {0} for word, found in weights.items() if found != {0}}
    waiting = [word for word, found in wanted.items() if all(weight & -weight == weight for weight in found)]
    for word, weight in sorted((word, each) for word in wanted.keys() - set(waiting) for each in wanted[word]):
        plus, minus = _digits(weight, width)
        lower = _Sum(_within(plus, 0, half), _within(minus, 0, half), in_bits + half + 1)
        upper = _Sum(_within(plus, half, width), _within(minus, half, width), product - half)
        parts = [part for part in (lower, upper) if part]
        for part in parts:
            held = part.bits(word, in_bits)
            if not {("sum", bit) for bit in held.values()} <= halves and part.digits + len(part.minus) > 1:
                sums.add((word, part.plus, part.minus))
            halves |= {("sum", bit) for bit in held.values()}
        if len(parts) == 1:
            products |= {("product", bit) for bit in parts[0].bits(word, in_bits).values()}
        elif parts:
            below = half + min(upper.plus + upper.minus)
            products |= {("product", bit) for at, bit in lower.bits(word, in_bits).items() if at < below}
            negative = bool(minus) or p["IN_SIGNED"] > 0
            tops = [lower.top(in_bits), half + upper.top(in_bits)]
            beyond = (
                max(top + (negative and not part.minus) for top, part in zip(tops, parts, strict=True)) + 1
            )
            shift = 0 if minus else (weight & -weight).bit_length() - 1
            high = {
                ("joined", word, weight >> shift, at - shift) for at in range(below, min(beyond, product))
            }
            if not high <= products:
                joined += 0 if negative else max(0, tops[0] - below)
                signed += len(high) if negative else 0
            products |= high
    added = sum(max(0, in_bits - (b - a)) for _, plus, minus in sums if not minus for a, b in _steps(plus))
    differences = [abs(plus[0] - minus[0]) for _, plus, minus in sums if plus and minus]
    return Terms(
        lut=joined + added + len(waiting) * in_bits,
        ff=(len(wanted) - len(waiting)) * in_bits + len(halves) + len(products),
        fitted={
            "joined, signed": signed,
            "inverted": in_bits * len({word for word, _, minus in sums if minus}),
            "difference": sum(max(0, in_bits - apart) for apart in differences),
            "negative sum": in_bits * sum(not plus and len(minus) > 1 for _, plus, minus in sums),
        },
    )


def _steps(places: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    return pairwise(places)


def _weight(it: Instance, at: int) -> int:
    width = it.parameters["WEIGHT_BITS"]
    raw = it.parameters["WEIGHTS"] >> (at * width) & ((1 << width) - 1)
    return raw - (1 << width) if raw >> (width - 1) else raw


def _digits(weight: int, width: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Places of the canonical digits 1 and -1, as constant_products.sv finds them."""
    once, thrice = (number & ((1 << (width + 2)) - 1) for number in (weight, 3 * weight))
    plus, minus = thrice & ~once, once & ~thrice
    return _places(plus, width), _places(minus, width)


def _places(digits: int, width: int) -> tuple[int, ...]:
    return tuple(at for at in range(width) if digits >> (at + 1) & 1)


def _within(places: tuple[int, ...], first: int, beyond: int) -> tuple[int, ...]:
    return tuple(place - first for place in places if first <= place < beyond)
