"""When the rows of a sample pass a layer of the library, by its cycle model."""

from fpga_ee.artifacts.formats import FixedPoint
from fpga_ee.hardware.cycles import evenly
from fpga_ee.hardware.folding import Folding
from fpga_ee.hardware.graph import FeatureMap, Pooling, Window
from fpga_ee.hardware.rtl.cycles import passage


def test_a_pooling_that_leaves_its_last_row_out_waits_for_it() -> None:
    """The rows of a sample are free again only together with its last windows."""
    word = FixedPoint(8, signed=False, frac=4)
    pooling = Pooling("pool", FeatureMap(1, 11, 11, word), FeatureMap(1, 5, 5, word), Window((2, 2), (2, 2)))
    (*before, last) = passage(pooling, Folding(), evenly(0, 11_000, 11))
    assert before[-1].last < 9_000
    assert last.first > 11_000
