"""``constant_products.sv``: words times constants, as additions of shifted words.

There are as many additions as the weights have digits. Yosys builds equal hardware once, so it is counted
once: a bit of a word that only waits, at any shift; equal halves of the weights of a word; equal weights of a
word.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from fpga_ee.hardware.diagram.module import LibraryModule
from fpga_ee.hardware.fpga.family import Family
from fpga_ee.hardware.fpga.terms import Terms

Bit = tuple[object, ...]
"""Identifies the value that a register holds. Two registers with the same value are one."""


@dataclass(frozen=True)
class _Sum:
    """A sum of shifted words: half of a weight, times a word.

    Attributes:
        plus: Places of the digits 1, lowest first.
        minus: Places of the digits -1.
        room: Bits that the SystemVerilog declares for the sum.
    """

    plus: tuple[int, ...]
    minus: tuple[int, ...]
    room: int

    def __bool__(self) -> bool:
        """True where there is anything to add."""
        return bool(self.plus or self.minus)

    @property
    def digits(self) -> int:
        """The number of digits."""
        return len(self.plus) + len(self.minus)

    def top(self, in_bits: int) -> int:
        """Bits of the sum. Yosys does not know that a word times a small factor needs fewer."""
        highest = max(self.plus + self.minus)
        if self.minus and self.digits > 1:
            return self.room
        if self.minus:
            return in_bits + 1 + highest + max(0, highest - 1)
        return in_bits + highest + (self.digits > 1)

    def bits(self, word: int, in_bits: int) -> dict[int, Bit]:
        """List the bits that are not constant, by place."""
        bottom, top = min(self.plus + self.minus), self.top(in_bits)
        # Without a sign, a shift of the whole sum leaves the same sum.
        shift = 0 if self.minus else bottom
        plus = tuple(place - shift for place in self.plus)
        held: dict[int, Bit] = {at: (word, plus, self.minus, at - shift) for at in range(bottom, top)}
        # Below its second digit the sum equals its first summand: the word, or the negated word.
        second = min([place for place in self.plus + self.minus if place > bottom], default=top)
        if bottom in self.plus:
            return held | {at: (word, at - bottom) for at in range(bottom, second)}
        if self.digits > 1 and not self.plus:
            return held | {at: (word, (), (bottom,), at) for at in range(bottom, second)}
        return held


@dataclass
class _Built:
    """The registers and adders that have been built.

    Attributes:
        in_bits: Bits of a word.
        half: Places of the lower half of a weight.
        product: Bits of a product.
        signed: Whether words are two's complement.
        halves: Registers of the halves.
        products: Registers of the products.
        sums: Halves that need an adder, because they have two digits or one digit -1: word, plus, minus.
        joined: Bits that are added where the two halves of a product overlap, both unsigned.
        joined_signed: The same for signed halves.
    """

    in_bits: int
    half: int
    product: int
    signed: bool
    halves: set[Bit] = field(default_factory=set)
    products: set[Bit] = field(default_factory=set)
    sums: set[tuple[int, tuple[int, ...], tuple[int, ...]]] = field(default_factory=set)
    joined: int = 0
    joined_signed: int = 0

    def add(self, word: int, weight: int) -> None:
        """Multiply a word by a weight other than 0."""
        plus, minus = _digits(weight, self.product - self.in_bits)
        halves = [
            _Sum(_within(plus, first, beyond), _within(minus, first, beyond), room)
            for first, beyond, room in (
                (0, self.half, self.in_bits + self.half + 1),
                (self.half, self.product, self.product - self.half),
            )
        ]
        for half in filter(bool, halves):
            self._add_half(word, half)
        if all(halves):
            self._join(word, weight, *halves)
        else:
            self.products |= set(max(halves, key=bool).bits(word, self.in_bits).values())

    def _add_half(self, word: int, half: _Sum) -> None:
        held = set(half.bits(word, self.in_bits).values())
        if not held <= self.halves and half.digits + len(half.minus) > 1:
            self.sums.add((word, half.plus, half.minus))
        self.halves |= held

    def _join(self, word: int, weight: int, lower: _Sum, upper: _Sum) -> None:
        """Add both halves. Below the lowest digit of the upper half, the product is the lower half."""
        below = self.half + min(upper.plus + upper.minus)
        self.products |= {bit for at, bit in lower.bits(word, self.in_bits).items() if at < below}
        negative = self.signed or bool(lower.minus or upper.minus)
        tops = [lower.top(self.in_bits), self.half + upper.top(self.in_bits)]
        signs = [negative and not half.minus for half in (lower, upper)]
        beyond = min(self.product, max(top + sign for top, sign in zip(tops, signs, strict=True)) + 1)
        # Without a sign, a shift of the whole product leaves the same product.
        shift = 0 if negative else (weight & -weight).bit_length() - 1
        high: set[Bit] = {("joined", word, weight >> shift, at - shift) for at in range(below, beyond)}
        if not high <= self.products and negative:
            self.joined_signed += len(high)
        elif not high <= self.products:
            self.joined += max(0, tops[0] - below)
        self.products |= high


@dataclass(frozen=True)
class ConstantProducts(LibraryModule):
    """Products of words and constant weights.

    Attributes:
        words: Words of a beat.
        lanes: Filters that multiply each word.
        in_bits: Bits of a word.
        in_signed: 1 where words are two's complement.
        weight_bits: Bits of a weight.
        weights: All weights side by side, lane by lane.
    """

    NAME: ClassVar[str] = "constant_products"
    COMPILED_ONCE: ClassVar[bool] = True

    words: int
    lanes: int
    in_bits: int
    in_signed: int
    weight_bits: int
    weights: int

    @property
    def latency(self) -> int:
        """Moves through the registers of operands, halves and products."""
        return 3

    @property
    def interval(self) -> int:
        """Moves between two beats."""
        return 1

    def terms(self, family: Family) -> Terms:
        """Count the registers and adders of all digits, each once."""
        weights: dict[int, set[int]] = {}
        for at in range(self.words * self.lanes):
            weights.setdefault(at % self.words, set()).add(self._weight(at))
        # A word whose products are only shifts waits in a shift register of LUTs. Unread words are not built.
        wanted = {word: found - {0} for word, found in weights.items() if found != {0}}
        waiting = {
            word for word, found in wanted.items() if all(weight & -weight == weight for weight in found)
        }
        product = self.in_bits + self.weight_bits
        built = _Built(self.in_bits, (self.weight_bits + 1) // 2, product, self.in_signed > 0)
        for word in sorted(wanted.keys() - waiting):
            for weight in sorted(wanted[word]):
                built.add(word, weight)
        gaps = [b - a for _, plus, minus in built.sums if not minus for a, b in pairwise(plus)]
        apart = [abs(plus[0] - minus[0]) for _, plus, minus in built.sums if plus and minus]
        negative = sum(not plus and len(minus) > 1 for _, plus, minus in built.sums)
        return Terms(
            lut=built.joined + _overlaps(gaps, self.in_bits) + len(waiting) * self.in_bits,
            ff=(len(wanted) - len(waiting)) * self.in_bits + len(built.halves) + len(built.products),
            fitted={
                "joined, signed": built.joined_signed,
                "inverted": self.in_bits * len({word for word, _, minus in built.sums if minus}),
                "difference": _overlaps(apart, self.in_bits),
                "negative sum": self.in_bits * negative,
            },
        )

    def _weight(self, at: int) -> int:
        raw = self.weights >> (at * self.weight_bits) & ((1 << self.weight_bits) - 1)
        return raw - (1 << self.weight_bits) if raw >> (self.weight_bits - 1) else raw


def _overlaps(distances: list[int], in_bits: int) -> int:
    """Count the bits in which two words overlap that lie so many places apart."""
    return sum(max(0, in_bits - distance) for distance in distances)


def _digits(weight: int, width: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find the places of the canonical digits 1 and -1, as constant_products.sv does."""
    once, thrice = (number & ((1 << (width + 2)) - 1) for number in (weight, 3 * weight))
    plus, minus = thrice & ~once, once & ~thrice
    return _places(plus, width), _places(minus, width)


def _places(digits: int, width: int) -> tuple[int, ...]:
    return tuple(at for at in range(width) if digits >> (at + 1) & 1)


def _within(places: tuple[int, ...], first: int, beyond: int) -> tuple[int, ...]:
    return tuple(place - first for place in places if first <= place < beyond)
