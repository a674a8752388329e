"""The data source of orientation markers, drawn from a seed."""

from functools import lru_cache
from typing import Final

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.markers.marker_scene import draw_scene
from cutout_rl.data.synthetic.procedural_source import CACHE_SIZE, LENGTHS, ProceduralSource, resized_sample
from cutout_rl.utils.choices import require_choice

_STREAM: Final = 0x3A24E2
_PRESENCE: Final = 0x3A24E3
KINDS: Final = ("marker", "presence")


class MarkersSource(ProceduralSource):
    """One split of the orientation markers: a square card, 30 to 300 px wide, in a cluttered scene of 500 x 500 px.

    The marker is rotated and tilted, lit, shaded and blurred, among other objects, some of them black and white. Split
    and index determine the scene: the same one in every process and at every size.
    """

    def __init__(self, split: Split, image_size: int = 128, masks: str = "marker") -> None:
        """Choose split, size, and whether every scene has a marker.

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the square images in pixels (32-512).
            masks: "marker" for a marker in every scene; "presence" for a marker with probability 1/2. The mask of a
                scene without a marker is empty, and `sample.mask.any()` is the label for a classifier.

        Raises:
            CutOutError: the split, size or masks do not exist.
        """
        super().__init__("markers", split, image_size)
        require_choice("mask of markers", masks, KINDS)
        self._masks = masks

    def _draw(self, index: int) -> Sample:
        seed = [_PRESENCE, list(LENGTHS).index(self.split), index]
        present = self._masks == "marker" or bool(np.random.default_rng(seed).random() < 0.5)
        return _draw_sample(self.split, index, self.size, present)


@lru_cache(maxsize=CACHE_SIZE)
def _draw_sample(split: Split, index: int, size: int, present: bool) -> Sample:
    canvas, cover = draw_scene(np.random.default_rng([_STREAM, list(LENGTHS).index(split), index]), present)
    return resized_sample(canvas, cover, split, index, size)
