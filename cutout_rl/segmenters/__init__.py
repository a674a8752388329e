"""Scribble segmenters: an image and labelled pixels in, a mask out.

Only the interface and the default segmenter are imported with the package; the others need SciPy, scikit-image or
OpenCV and are imported when they are first used.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final, cast

from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label, Segmenter, Session
from cutout_rl.utils.choices import require_choice

if TYPE_CHECKING:
    from cutout_rl.segmenters.cold_start import ColdSegmenter
    from cutout_rl.segmenters.grab_cut import GrabCutSegmenter
    from cutout_rl.segmenters.random_walker import RandomWalkerSegmenter
    from cutout_rl.segmenters.scaled_cut import ScaledCutSegmenter
    from cutout_rl.segmenters.watershed import WatershedSegmenter

SEGMENTER_GROUP: Final = "cutout_rl.segmenters"

SEGMENTERS: Final = {
    "graphcut": "cutout_rl.segmenters.graph_cut:GraphCutSegmenter",
    "graphcut-scaled": "cutout_rl.segmenters.scaled_cut:ScaledCutSegmenter",
    "grabcut": "cutout_rl.segmenters.grab_cut:GrabCutSegmenter",
    "random-walker": "cutout_rl.segmenters.random_walker:RandomWalkerSegmenter",
    "watershed": "cutout_rl.segmenters.watershed:WatershedSegmenter",
}
"""The built-in segmenters by name, as module:class."""

_MODULES: Final = {
    "ColdSegmenter": "cold_start",
    "GrabCutSegmenter": "grab_cut",
    "RandomWalkerSegmenter": "random_walker",
    "ScaledCutSegmenter": "scaled_cut",
    "WatershedSegmenter": "watershed",
}


def __getattr__(name: str) -> Any:
    """Import a class of `_MODULES` on first access."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def segmenter_names() -> list[str]:
    """List the built-in segmenters and those that installed packages register as `cutout_rl.segmenters`."""
    return [*SEGMENTERS, *entry_points(group=SEGMENTER_GROUP).names]


def find_segmenter(name: str) -> Callable[[], Segmenter]:
    """Return the class or factory of a built-in or registered segmenter.

    Raises:
        CutOutError: no segmenter has that name.
    """
    if name in SEGMENTERS:
        return cast("Callable[[], Segmenter]", resolve_name(SEGMENTERS[name]))
    require_choice("segmenter", name, segmenter_names())
    return cast("Callable[[], Segmenter]", entry_points(group=SEGMENTER_GROUP)[name].load())


def make_segmenter(name: str) -> Segmenter:
    """Create a segmenter by name, with its default settings.

    Raises:
        CutOutError: no segmenter has that name.
    """
    return find_segmenter(name)()


__all__ = [
    "INSIDE",
    "OUTSIDE",
    "SEGMENTERS",
    "ColdSegmenter",
    "GrabCutSegmenter",
    "GraphCutSegmenter",
    "Label",
    "RandomWalkerSegmenter",
    "ScaledCutSegmenter",
    "Segmenter",
    "Session",
    "WatershedSegmenter",
    "find_segmenter",
    "make_segmenter",
    "segmenter_names",
]
