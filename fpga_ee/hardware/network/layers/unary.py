"""Common parts of layers that read one feature map."""

from fpga_ee.errors import NamedError
from fpga_ee.hardware.diagram.stream import Stream
from fpga_ee.hardware.network.feature_map import FeatureMap
from fpga_ee.hardware.network.folding import Folding, divisors


def stream_of(base: str, output: FeatureMap, lanes: int, stage: int, layer: str) -> Stream:
    """Make the stream of a layer's output, with ``lanes`` words in a beat."""
    word = output.format
    return Stream(base, lanes, word.bits, word.signed, output.words // lanes, stage, layer)


def note_of(entering: FeatureMap, output: FeatureMap, folding: Folding, cycles: int) -> str:
    """Write the comment above a layer's block."""
    group = f", group {folding.coarse_group}" if folding.coarse_group > 1 else ""
    streams = f"coarse in {folding.coarse_in}, out {folding.coarse_out}{group}, fine {folding.fine}"
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
    check_coarse(name, channels, channels, 1, folding)
    if folding.streams_in != folding.streams_out:
        raise NamedError(name, " takes as many streams as it gives")


def check_coarse(name: str, channels: int, filters: int, groups: int, folding: Folding) -> None:
    """Refuse streams that the library cannot build.

    Args:
        name: The layer's name.
        channels: Channels of a group.
        filters: Filters of a group.
        groups: Groups; 1 where the layer has none.
        folding: The folding.

    Raises:
        FpgaEeError: The groups at once do not divide the groups, or the streams channels and filters.
    """
    if groups % folding.coarse_group:
        reason = "it has no groups, give 1" if groups == 1 else f"it must divide {groups}"
        raise NamedError(name, f" cannot be folded by coarse group {folding.coarse_group}: {reason}")
    if channels % folding.coarse_in or filters % folding.coarse_out:
        raise NamedError(
            name,
            f" cannot be folded by coarse in {folding.coarse_in} and out {folding.coarse_out}: "
            f"they must divide {channels} and {filters}",
        )


def largest_sum_bits(count: int, entering: FeatureMap) -> int:
    """Bits of a signed sum that holds the sum of any ``count`` words of a feature map."""
    return (count * entering.format.magnitude).bit_length() + 1
