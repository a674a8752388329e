"""The data source of procedural objects, drawn from a seed."""

from functools import lru_cache
from typing import Final

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.faces import FacesSource
from cutout_rl.data.synthetic.objects.object_scene import draw_scene
from cutout_rl.data.synthetic.procedural_source import CACHE_SIZE, LENGTHS, ProceduralSource, resized_sample

_STREAM: Final = 0x0B1EC7
_HEADS: Final = 0.25  # share of scenes that are procedural faces


class ObjectsSource(ProceduralSource):
    """One split of the procedural objects: random objects in cluttered scenes.

    An object is a shape, a pile of shapes, or a figure (an animal, a person, a vehicle, a plant or a rider) with
    differently painted parts; similar objects are distractors. One scene in four is a procedural face of the same
    split, whose head is the object. Split and index determine the scene: the same one in every process and at every
    size.
    """

    def __init__(self, split: Split, image_size: int = 128) -> None:
        """Choose split and size.

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the square images in pixels (32-512).

        Raises:
            CutOutError: the split or size does not exist.
        """
        super().__init__("objects", split, image_size)

    def _draw(self, index: int) -> Sample:
        return _draw_sample(self.split, index, self.size)


@lru_cache(maxsize=CACHE_SIZE)
def _draw_sample(split: Split, index: int, size: int) -> Sample:
    rng = np.random.default_rng([_STREAM, list(LENGTHS).index(split), index])
    if rng.random() < _HEADS:
        return FacesSource(split, size)[index]
    canvas, cover = draw_scene(rng)
    return resized_sample(canvas, cover, split, index, size)
