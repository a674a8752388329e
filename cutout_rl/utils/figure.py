"""Figures that are drawn without a window."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cutout_rl.utils.atomic_write import replacing


@contextmanager
def saved_figure(path: Path, width: float, height: float, dpi: int) -> Iterator[Figure]:
    """Give a figure of so many inches to draw on; written as PNG at the end, whole or not at all.

    Raises:
        OSError: the file cannot be written; it is named in the error.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    yield figure
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=dpi)
