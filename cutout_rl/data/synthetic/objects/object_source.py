"""The data source of procedural objects, drawn from nothing but a seed."""

from functools import lru_cache
from typing import Final

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.base import KEPT, LENGTHS, ProceduralSource, resized_sample
from cutout_rl.data.synthetic.faces import FacesSource
from cutout_rl.data.synthetic.objects.scene import draw_scene

_STREAM: Final = 0x0B1EC7
_HEADS: Final = 0.25  # share of scenes whose object is the head of a procedural face


class ObjectsSource(ProceduralSource):
    """One split of the procedural objects: things of no class in cluttered scenes.

    A thing is a shape, a pile of shapes, or a figure like an animal, a person, a vehicle or a rider, whose parts have
    colours and surfaces of their own; others like it stand about and are not meant. One scene in four is a procedural
    face of the same split, whose head is the object. Index and split alone decide the scene: the same one comes back in
    any process and at any size.
    """

    def __init__(self, split: Split, image_size: int = 128) -> None:
        """Choose a split and the side of the square images in pixels (32-512).

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the images, in pixels.

        Raises:
            CutOutError: no such split or size.
        """
        super().__init__("objects", split, image_size)

    def drawn(self, index: int) -> Sample:
        """Draw scene `index`, or give one that is kept."""
        return _draw(self.split, index, self.size)


@lru_cache(maxsize=KEPT)
def _draw(split: Split, index: int, size: int) -> Sample:
    rng = np.random.default_rng([_STREAM, list(LENGTHS).index(split), index])
    if rng.random() < _HEADS:
        return FacesSource(split, size)[index]
    canvas, cover = draw_scene(rng)
    return resized_sample(canvas, cover, split, index, size)
