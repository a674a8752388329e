"""Figures drawn without a window."""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from cutout_rl.utils.atomic_write import replacing, write_text

WIDTH: Final = 5.6  # inches; text of 9 points is still legible where a phone shows this in 360 px
INK: Final = "#1f2328"  # lines and text
PAPER: Final = "#fefefe"  # background; white parts of a picture are #ffffff and stay white
DARK_INK: Final = "#d8dbe2"
DARK_PAPER: Final = "#1e2129"  # background of the documentation's dark pages

_STYLE: Final[dict[Any, Any]] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
    **dict.fromkeys(("figure.facecolor", "savefig.facecolor", "legend.facecolor"), PAPER),
    **dict.fromkeys(("font.size", "axes.titlesize", "figure.titlesize"), 9),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize"), 8),
    "axes.facecolor": "none",
    "image.interpolation": "none",  # the file holds an image's own pixels
    "font.sans-serif": ("DejaVu Sans", "sans-serif"),
    "svg.fonttype": "none",  # text stays text: it can be searched and edited
    "svg.hashsalt": "cutout-rl",  # the same figure gives the same file
    "pdf.fonttype": 42,  # TrueType, which publishers ask for
}
# Programs that do not know media queries show the light colours.
_DARK_STYLE: Final = (
    "<style>@media screen and (prefers-color-scheme: dark) {"
    f' [style*="fill: {PAPER}"] {{ fill: {DARK_PAPER} !important }}'
    f' [style*="fill: {INK}"] {{ fill: {DARK_INK} !important }}'
    f' [style*="stroke: {INK}"] {{ stroke: {DARK_INK} !important }}'
    " }</style>\n <metadata>"
)


@contextmanager
def saved_figure(path: Path, width: float, height: float, dpi: int = 100) -> Iterator[Figure]:
    """Yield a figure to draw on and write it at the end, whole or not at all.

    An SVG file follows the colour scheme of the page that shows it, light or dark, and gets a PDF file beside it for
    papers.

    Args:
        path: of the SVG or PNG file.
        width: of the figure, in inches.
        height: of the figure, in inches.
        dpi: pixels per inch of a PNG file.

    Raises:
        OSError: the file cannot be written; it is named in the error.
    """
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        if path.suffix == ".svg":
            text = StringIO()
            figure.savefig(text, format="svg", metadata={"Date": None})
            write_text(path, _compact(text.getvalue()).replace("<metadata>", _DARK_STYLE, 1))
            path = path.with_suffix(".pdf")
            figure.set_layout_engine("none")  # the layout is found, and need not be computed again
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=dpi)


def _compact(svg: str) -> str:
    """Reduce the coordinates of paths to 0.1 point and opaque images to 256 colours, for a third of the size."""
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d)\d+| \n", r"\1", path[0]), svg)
    return re.sub(r"(?<=data:image/png;base64,)[\sA-Za-z0-9+/=]+", lambda image: _compact_image(image[0]), svg)


def _compact_image(base64_png: str) -> str:
    with Image.open(BytesIO(base64.b64decode(base64_png))) as image:
        if image.getextrema()[-1] != (255, 255):
            return base64_png
        small = BytesIO()
        colours = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        colours.save(small, "png", optimize=True)
    return min(base64_png, base64.b64encode(small.getvalue()).decode(), key=len)
