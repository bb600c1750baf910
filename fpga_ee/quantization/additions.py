"""The certificate of additions: every runtime gives the sum of two feature maps the same bits.

A sum is counted in steps of the finer of both grids. Float32 holds it exactly if it stays below 2^24 steps.
ONNX Runtime's fused ``QLinearAdd`` first counts in steps of the output, from the lowest one. Signed codes lie
128 higher there, and those 128 output steps must fit beside the sum. (ONNX Runtime 1.32 rounds wrongly if
they do not.)
"""

from collections.abc import Mapping

from fpga_ee.artifacts.formats import AdditionFormats
from fpga_ee.quantization.certificate import ACCUMULATOR_LIMIT, LayerCertificate, NotExactError

_SHIFT = 128


def certify_additions(additions: Mapping[str, AdditionFormats]) -> tuple[LayerCertificate, ...]:
    """Certify every addition.

    Raises:
        NotExactError: Additions break the bound.
    """
    largest = {name: _largest(formats) for name, formats in additions.items()}
    reasons = {
        name: _broken(additions[name], sums) for name, sums in largest.items() if sums >= ACCUMULATOR_LIMIT
    }
    if reasons:
        raise NotExactError(reasons)
    return tuple(LayerCertificate(name, sums, largest_pair=0) for name, sums in largest.items())


def _largest(formats: AdditionFormats) -> int:
    finest = formats.finest_frac
    sums = sum(source.magnitude << (finest - source.frac) for source in formats.inputs)
    return sums + (_SHIFT << max(finest - formats.output.frac, 0))


def _broken(formats: AdditionFormats, sums: int) -> str:
    grids = " and ".join(f"2^{-source.frac}" for source in formats.inputs)
    return (
        f"a sum could reach {sums:,} steps, and float32 is exact only below {ACCUMULATOR_LIMIT:,}; its "
        f"inputs have steps of {grids}: bring them nearer to each other"
    )
