"""The data source of puzzle grids, drawn from a seed."""

from functools import lru_cache
from typing import Final

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.grids.grid_scene import draw_scene
from cutout_rl.data.synthetic.procedural_source import CACHE_SIZE, LENGTHS, ProceduralSource, resized_sample

_STREAM: Final = 0x6121D5


class GridsSource(ProceduralSource):
    """One split of the puzzle grids: number puzzles and crosswords on paper, photographed at odd angles.

    The grids are printed or hand-drawn, partly filled in, and photographed in perspective on tables and other papers,
    with shadows and uneven light. The object is the grid, including its outer lines. Split and index determine the
    scene: the same one in every process and at every size.
    """

    def __init__(self, split: Split, image_size: int = 128) -> None:
        """Choose split and size.

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the square images in pixels (32-512).

        Raises:
            CutOutError: the split or size does not exist.
        """
        super().__init__("grids", split, image_size)

    def _draw(self, index: int) -> Sample:
        return _draw_sample(self.split, index, self.size)


@lru_cache(maxsize=CACHE_SIZE)
def _draw_sample(split: Split, index: int, size: int) -> Sample:
    canvas, cover = draw_scene(np.random.default_rng([_STREAM, list(LENGTHS).index(split), index]))
    return resized_sample(canvas, cover, split, index, size)
