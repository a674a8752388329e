"""Scribble segmenters: an image and labelled pixels in, a mask out."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Final, cast

from cutout_rl.segmenters.base import INSIDE, OUTSIDE, Label, Segmenter, Session
from cutout_rl.segmenters.cold_session import ColdSegmenter
from cutout_rl.segmenters.grab_cut import GrabCutSegmenter
from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.random_walker import RandomWalkerSegmenter
from cutout_rl.segmenters.watershed import WatershedSegmenter
from cutout_rl.utils.choices import require_choice

SEGMENTER_GROUP: Final = "cutout_rl.segmenters"

SEGMENTERS: Final[dict[str, Callable[[], Segmenter]]] = {
    "graphcut": GraphCutSegmenter,
    "grabcut": GrabCutSegmenter,
    "random-walker": RandomWalkerSegmenter,
    "watershed": WatershedSegmenter,
}


def segmenter_names() -> list[str]:
    """List `SEGMENTERS`, and what installed packages name in the group `cutout_rl.segmenters`."""
    return [*SEGMENTERS, *entry_points(group=SEGMENTER_GROUP).names]


def find_segmenter(name: str) -> Callable[[], Segmenter]:
    """Find what makes a segmenter: one of `SEGMENTERS`, or what a package names in the group `cutout_rl.segmenters`.

    Raises:
        CutOutError: no segmenter has that name.
    """
    if name in SEGMENTERS:
        return SEGMENTERS[name]
    require_choice("segmenter", name, segmenter_names())
    return cast("Callable[[], Segmenter]", entry_points(group=SEGMENTER_GROUP)[name].load())


def make_segmenter(name: str) -> Segmenter:
    """Make a segmenter by name, with its default settings.

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
    "Segmenter",
    "Session",
    "WatershedSegmenter",
    "find_segmenter",
    "make_segmenter",
    "segmenter_names",
]
