"""The data source of puzzle grids, drawn from nothing but a seed."""

from functools import lru_cache
from typing import Final

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.base import KEPT, LENGTHS, ProceduralSource, resized_sample
from cutout_rl.data.synthetic.grids.scene import draw_scene

_STREAM: Final = 0x6121D5


class GridsSource(ProceduralSource):
    """One split of the puzzle grids: number puzzles and crosswords on paper, photographed at odd angles.

    They are printed or ruled by hand, in part filled in, and lie on tables and other papers, in perspective, shadow and
    bad light; the object is all that the outer lines enclose, they included. Index and split alone decide the scene:
    the same one comes back in any process and at any size.
    """

    def __init__(self, split: Split, image_size: int = 128) -> None:
        """Choose a split and the side of the square images in pixels (32-512).

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the images, in pixels.

        Raises:
            CutOutError: no such split or size.
        """
        super().__init__("grids", split, image_size)

    def drawn(self, index: int) -> Sample:
        """Draw scene `index`, or give one that is kept."""
        return _draw(self.split, index, self.size)


@lru_cache(maxsize=KEPT)
def _draw(split: Split, index: int, size: int) -> Sample:
    canvas, cover = draw_scene(np.random.default_rng([_STREAM, list(LENGTHS).index(split), index]))
    return resized_sample(canvas, cover, split, index, size)
