"""Common parts of layers that read one feature map."""

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding, divisors


def stream_of(base: str, output: FeatureMap, lanes: int, stage: int, layer: str) -> Stream:
    """Make the stream of a layer's output, with ``lanes`` words in a beat."""
    word = output.format
    return Stream(base, lanes, word.bits, word.signed, output.words // lanes, stage, layer)


def note_of(entering: FeatureMap, output: FeatureMap, folding: Folding, cycles: int) -> str:
    """Write the comment above a layer's block."""
    streams = f"coarse in {folding.coarse_in}, out {folding.coarse_out}, fine {folding.fine}"
    return f"{entering} -> {output}; {streams}; {cycles} cycles"


def coarse_text(folding: Folding) -> str:
    """Write the streams in and out of a folding."""
    return f"in {folding.coarse_in} out {folding.coarse_out}"


def alike_foldings(channels: int) -> list[Folding]:
    """List the foldings of a layer that treats all channels alike: as many streams leave as enter."""
    return [Folding(coarse, coarse) for coarse in divisors(channels)]


def check_alike(name: str, channels: int, folding: Folding) -> None:
    """Refuse a folding of a layer that treats all channels alike.

    Raises:
        FpgaEeError: The streams do not divide the channels, or more leave than enter.
    """
    check_coarse(name, channels, channels, folding)
    if folding.streams_in != folding.streams_out:
        raise FpgaEeError(f"{name} takes as many streams as it gives")


def check_coarse(name: str, channels: int, filters: int, folding: Folding) -> None:
    """Refuse streams that the library cannot build.

    Raises:
        FpgaEeError: There is a coarse group, or the streams do not divide channels and filters.
    """
    if folding.coarse_group != 1:
        raise FpgaEeError(
            f"{name} cannot be folded by coarse group {folding.coarse_group}: it has no groups, give 1"
        )
    if channels % folding.coarse_in or filters % folding.coarse_out:
        raise FpgaEeError(
            f"{name} cannot be folded by coarse in {folding.coarse_in} and out {folding.coarse_out}: "
            f"they must divide {channels} and {filters}"
        )


def largest_sum_bits(count: int, entering: FeatureMap) -> int:
    """Bits of a signed sum that holds the sum of any ``count`` words of a feature map."""
    return (count * entering.format.magnitude).bit_length() + 1
