"""The certificate of additions: when every runtime gives the sum of two feature maps the same bits.

A sum is taken in steps of the finer of both grids. Float32 holds it exactly where it stays below 2^24
steps. ONNX Runtime's fused ``QLinearAdd`` first counts in steps of the output, from the lowest one: signed
codes lie 128 higher there, and those 128 output steps must fit beside the sum. (1.32 rounds wrongly where
they do not.)
"""

from collections.abc import Mapping

from fpga_ee.artifacts.formats import AdditionFormats
from fpga_ee.errors import FpgaEeError
from fpga_ee.quantization.certificate import ACCUMULATOR_LIMIT, LayerCertificate

_SHIFT = 128


def certify_additions(additions: Mapping[str, AdditionFormats]) -> tuple[LayerCertificate, ...]:
    """Certify every addition.

    Raises:
        FpgaEeError: One breaks the bound.
    """
    return tuple(_certify(name, formats) for name, formats in additions.items())


def _certify(name: str, formats: AdditionFormats) -> LayerCertificate:
    finest = formats.finest_frac
    largest = sum(source.magnitude << (finest - source.frac) for source in formats.inputs)
    largest += _SHIFT << max(finest - formats.output.frac, 0)
    if largest >= ACCUMULATOR_LIMIT:
        grids = " and ".join(f"2^{-source.frac}" for source in formats.inputs)
        raise FpgaEeError(
            f"{name}: a sum could reach {largest:,} steps, and float32 is exact only below "
            f"{ACCUMULATOR_LIMIT:,}; its inputs have steps of {grids}: bring them nearer to each other"
        )
    return LayerCertificate(name, largest, largest_pair=0)
