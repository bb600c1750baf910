"""Makes pictures without a display, with the same bytes every time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib import rc_context, rcdefaults, rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fpga_ee.files.writing import replacing


@contextmanager
def picture(path: Path, size: tuple[float, float]) -> Iterator[Figure]:
    """Give a figure to draw in, and write it as PNG when the block succeeds.

    Text is plain: a dollar in the name of a network or layer begins no formula. Settings of the user or of
    the folder have no effect.

    Args:
        path: The file.
        size: Width and height in inches.

    Raises:
        FpgaEeError: The file cannot be written.
    """
    with rc_context():
        rcdefaults()
        rcParams["text.parse_math"] = False
        # The figure is made without pyplot, which keeps global state and asks for a display.
        figure = Figure(figsize=size, dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        with replacing(path) as temporary:
            # matplotlib would write its version into the file.
            figure.savefig(temporary, format="png", metadata={"Software": None})
