"""Scribble segmenters: an image and labelled pixels in, a mask out."""

from collections.abc import Callable
from typing import Final

from cutout_rl.choices import require_choice
from cutout_rl.segmenters.base import INSIDE, OUTSIDE, Label, Segmenter, Session
from cutout_rl.segmenters.grab_cut import GrabCutSegmenter
from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.random_walker import RandomWalkerSegmenter
from cutout_rl.segmenters.watershed import WatershedSegmenter

SEGMENTERS: Final[dict[str, Callable[[], Segmenter]]] = {
    "graphcut": GraphCutSegmenter,
    "grabcut": GrabCutSegmenter,
    "random-walker": RandomWalkerSegmenter,
    "watershed": WatershedSegmenter,
}


def make_segmenter(name: str) -> Segmenter:
    """Make a segmenter by name, with its default settings.

    Raises:
        CutOutError: no segmenter has that name.
    """
    require_choice("segmenter", name, SEGMENTERS)
    return SEGMENTERS[name]()


__all__ = [
    "INSIDE",
    "OUTSIDE",
    "SEGMENTERS",
    "GrabCutSegmenter",
    "GraphCutSegmenter",
    "Label",
    "RandomWalkerSegmenter",
    "Segmenter",
    "Session",
    "WatershedSegmenter",
    "make_segmenter",
]
