"""Streams between blocks: beats of words, with valid and ready."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Stream:
    """A stream between two blocks.

    Attributes:
        base: Name of its wires, without ``_data``, ``_valid``, ... and without the number of its copy.
        lanes: Words of a beat.
        bits: Bits of a word.
        signed: True where words are two's complement.
        beats: Beats of a sample.
        stage: The stage that it belongs to.
        layer: The layer whose output it carries; None inside of units.
        has_last: True where it marks a sample's last beat.
        has_id: True where it carries the sample's ID beside every beat.
        copy: Number of its stage's copy; None where the stage is built once.
    """

    base: str
    lanes: int
    bits: int
    signed: bool
    beats: int
    stage: int
    layer: str | None = None
    has_last: bool = True
    has_id: bool = False
    copy: int | None = None

    @property
    def name(self) -> str:
        """Name of its wires, without ``_data``, ``_valid``, ..."""
        return copy_name(self.base, self.copy)

    @property
    def width(self) -> int:
        """Bits of a beat."""
        return self.lanes * self.bits

    @property
    def words(self) -> int:
        """Words of a sample."""
        return self.lanes * self.beats

    def in_copy(self, copy: int) -> "Stream":
        """Copy the stream for one of several copies of its stage."""
        return replace(self, copy=copy)


def copy_name(base: str, copy: int | None) -> str:
    """Name something of a stage, or of one of the stage's copies."""
    return base if copy is None else f"{base}_copy_{copy}"
