"""Memory images of the layers: what ``$readmemh`` reads, one line an address."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fpga_ee.errors import FpgaEeError
from fpga_ee.hardware.network.graph import Convolution, Linear
from fpga_ee.hardware.network.reference import bias, streamed_weight


def weight_lines(
    layer: Convolution | Linear, lanes_in: int, lanes_out: int, banks: tuple[int, int]
) -> list[str]:
    """The weights of a layer as linear.sv wants them.

    Args:
        layer: The layer.
        lanes_in: Words of a position that enter together.
        lanes_out: Filters that are computed together.
        banks: Rows and columns of taps that enter together; each is 1 or all.

    Returns:
        One line for every input beat of a window and every fold of the filters.
    """
    rows, cols = layer.window.kernel if isinstance(layer, Convolution) else (1, 1)
    filters = streamed_weight(layer).reshape(len(bias(layer)), rows, cols, -1)
    if isinstance(layer, Linear):
        # Positions follow one another like taps of a window that is read tap by tap.
        filters = filters.reshape(len(filters), 1, 1, -1)
    split = filters.reshape(
        -1,
        lanes_out,
        rows // banks[0],
        banks[0],
        cols // banks[1],
        banks[1],
        filters.shape[-1] // lanes_in,
        lanes_in,
    )
    fold, lane_out, tap_row, bank_row, tap_col, bank_col, group, lane_in = range(8)
    ordered = split.transpose(group, tap_row, tap_col, fold, lane_out, bank_row, bank_col, lane_in)
    width = lanes_out * banks[0] * banks[1] * lanes_in
    return _lines(ordered.reshape(-1, width), layer.weight_format.bits)


def bias_lines(layer: Convolution | Linear, lanes_out: int, bits: int) -> list[str]:
    """The bias of a layer as linear.sv wants it: one line for every fold of the filters."""
    return _lines(bias(layer).reshape(-1, lanes_out), bits)


def table_lines(table: NDArray[np.int64], bits: int) -> list[str]:
    """A table of numbers, one a line."""
    return _lines(table.reshape(-1, 1), bits)


def word_bits(memory: str, parameters: Mapping[str, int]) -> int:
    """Bits of a word of a memory, as the library declares it.

    Args:
        memory: The parameter that names its file.
        parameters: The numbers among the parameters of the block that reads it.

    Raises:
        FpgaEeError: No module of the library has such a memory.
    """
    p = parameters
    lanes = p.get("LANES_OUT", p.get("LANES", 1))
    words = (
        p["WORDS"] if "WORDS" in p else p.get("BANK_ROWS", 1) * p.get("BANK_COLS", 1) * p.get("LANES_IN", 1)
    )
    match memory:
        case "WEIGHTS":
            return lanes * words * p["WEIGHT_BITS"]
        case "BIAS":
            return lanes * p["SUM_BITS"]
        case "EXPONENTIALS" | "WEIGHTED":
            return p["TABLE_BITS"]
        case "BOUNDS":
            return 32
    raise FpgaEeError(f"how wide the memory {memory} is, is not known: add it to rtl/memories.py")


def _lines(words: NDArray[np.int64], bits: int) -> list[str]:
    """Each row as one number, its first word in the lowest bits."""
    digits = (words.shape[1] * bits + 3) // 4
    apart = (words[:, :, None] >> np.arange(bits)) & 1
    rows = np.packbits(apart.reshape(len(words), -1).astype(np.uint8), axis=1, bitorder="little")
    return [f"{int.from_bytes(row.tobytes(), 'little'):0{digits}x}" for row in rows]
