"""The data source of orientation markers, drawn from nothing but a seed."""

from functools import lru_cache
from typing import Final

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.base import KEPT, LENGTHS, ProceduralSource, resized_sample
from cutout_rl.data.synthetic.markers.scene import draw_scene
from cutout_rl.utils.choices import require_choice

_STREAM: Final = 0x3A24E2
_PRESENCE: Final = 0x3A24E3
KINDS: Final = ("marker", "presence")


class MarkersSource(ProceduralSource):
    """One split of the orientation markers: a square card, 30 to 300 px across, in a cluttered scene of 500 x 500 px.

    It lies at any angle, in perspective, lit, shaded and blurred, among other things, some of them black and white too.
    Index and split alone decide the scene: the same one comes back in any process and at any size.
    """

    def __init__(self, split: Split, image_size: int = 128, masks: str = "marker") -> None:
        """Choose a split, the side of the square images in pixels (32-512), and whether every scene has a marker.

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the images, in pixels.
            masks: "marker" has one in every scene; "presence" in every other one, by chance. The mask of a scene
                without is empty: there is nothing to cut, and `sample.mask.any()` is the label a classifier learns.

        Raises:
            CutOutError: no such split, size or masks.
        """
        super().__init__("markers", split, image_size)
        require_choice("mask of markers", masks, KINDS)
        self._masks = masks

    def drawn(self, index: int) -> Sample:
        """Draw scene `index`, or give one that is kept."""
        seed = [_PRESENCE, list(LENGTHS).index(self.split), index]
        present = self._masks == "marker" or bool(np.random.default_rng(seed).random() < 0.5)
        return _draw(self.split, index, self.size, present)


@lru_cache(maxsize=KEPT)
def _draw(split: Split, index: int, size: int, present: bool) -> Sample:
    canvas, cover = draw_scene(np.random.default_rng([_STREAM, list(LENGTHS).index(split), index]), present)
    return resized_sample(canvas, cover, split, index, size)
