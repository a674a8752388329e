"""The default data source: procedural faces, drawn from nothing but a seed."""

from functools import lru_cache

import numpy as np

from cutout_rl.choices import require_choice
from cutout_rl.errors import CutOutError
from cutout_rl.images.faces.background import draw_background
from cutout_rl.images.faces.parts import MASK_PARTS
from cutout_rl.images.faces.people import sample_person
from cutout_rl.images.faces.render import render
from cutout_rl.images.source import Sample, Split

_LENGTHS: dict[Split, int] = {"train": 1_000_000, "val": 10_000, "test": 10_000}
_STREAM = 0xFACE
# Small images take more samples per pixel, so that strands and lids stay in proportion.
_MIN_SAMPLES = 192
_KEPT = 160  # images; held-out ones are drawn again for every player and at every validation


class FacesSource:
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
        require_choice("split", split, _LENGTHS)
        if masks not in MASK_PARTS:
            raise CutOutError(f"faces has no masks {masks!r}: choose one of {', '.join(MASK_PARTS)}.")
        if not 32 <= image_size <= 512:
            raise CutOutError(f"faces cannot be drawn at {image_size} pixels: choose an image size from 32 to 512.")
        self._split = split
        self._size = image_size
        self._masks = masks

    def __len__(self) -> int:
        """Count the images of the split."""
        return _LENGTHS[self._split]

    def __getitem__(self, index: int) -> Sample:
        """Draw person `index` of the split.

        Raises:
            IndexError: the index is not in [0, len).
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index {index} is not in [0, {len(self)})")
        drawn = _draw(self._split, index, self._size, self._masks)
        # Copies, so that nobody can write into the ones that are kept.
        return Sample(drawn.image.copy(), drawn.mask.copy(), drawn.void.copy(), drawn.name)


@lru_cache(maxsize=_KEPT)
def _draw(split: Split, index: int, size: int, masks: str) -> Sample:
    stream = np.random.SeedSequence([_STREAM, list(_LENGTHS).index(split), index])
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
