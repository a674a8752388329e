"""The default data source: procedural faces, drawn from nothing but a seed."""

from functools import lru_cache

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.base import KEPT, LENGTHS, ProceduralSource
from cutout_rl.data.synthetic.faces.background import draw_background
from cutout_rl.data.synthetic.faces.parts import MASK_PARTS
from cutout_rl.data.synthetic.faces.people import sample_person
from cutout_rl.data.synthetic.faces.render import render
from cutout_rl.utils.errors import CutOutError

_STREAM = 0xFACE
# Small images take more samples per pixel, so that strands and lids stay in proportion.
_MIN_SAMPLES = 192


class FacesSource(ProceduralSource):
    """One split of the procedural faces: parametric heads, rendered in 3D over varied backgrounds.

    Index and split alone decide the person: the same one comes back in any process and at any size.
    """

    def __init__(self, split: Split, image_size: int = 128, masks: str = "head") -> None:
        """Choose a split, the side of the square images in pixels (32-512), and what the masks cover.

        Args:
            split: "train" (1,000,000 images), "val" or "test" (10,000 each); no seed is shared.
            image_size: side of the images, in pixels.
            masks: "head" is all of the head down to the jaw, with hair, beard, glasses and hat; "face" its bare skin,
                eyes and mouth; "hair" the hair, and then nobody is bald or wears a hat.

        Raises:
            CutOutError: no such split, size or masks.
        """
        super().__init__("faces", split, image_size)
        if masks not in MASK_PARTS:
            raise CutOutError(f"faces has no masks {masks!r}: choose one of {', '.join(MASK_PARTS)}.")
        self._masks = masks

    def drawn(self, index: int) -> Sample:
        """Draw person `index`, or give one that is kept."""
        return _draw(self.split, index, self.size, self._masks)


@lru_cache(maxsize=KEPT)
def _draw(split: Split, index: int, size: int, masks: str) -> Sample:
    stream = np.random.SeedSequence([_STREAM, list(LENGTHS).index(split), index])
    person_rng, background_rng, hair_rng = (np.random.default_rng(seed) for seed in stream.spawn(3))
    person = sample_person(person_rng, always_hair=masks == "hair")
    palette = np.clip(255 * np.array([person.looks.skin, person.looks.hair, person.looks.cloth]) ** (1 / 2.2), 0, 255)
    background = draw_background(background_rng, palette.astype(np.uint8), size)
    samples = max(2, -(-_MIN_SAMPLES // size))
    image, mask = render(person, background, hair_rng, samples, MASK_PARTS[masks])
    return Sample(
        image=image,
        mask=mask,
        void=np.zeros((size, size), dtype=np.bool_),
        name=f"{split}-{index:07d}",
    )
