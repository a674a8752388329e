"""One face image, drawn from split and index."""

from functools import lru_cache

import numpy as np

from cutout_rl.data.source import Sample, Split
from cutout_rl.data.synthetic.faces.background import draw_background
from cutout_rl.data.synthetic.faces.part_labels import MASK_PARTS
from cutout_rl.data.synthetic.faces.render import render
from cutout_rl.data.synthetic.faces.sampling import sample_person
from cutout_rl.data.synthetic.procedural_source import CACHE_SIZE, LENGTHS

_STREAM = 0xFACE
# Small images take more samples per pixel, so that strands and lids keep their proportions.
_MIN_SAMPLES = 192


@lru_cache(maxsize=CACHE_SIZE)
def draw_face(split: Split, index: int, size: int, masks: str) -> Sample:
    """Draw the face of a split and index, at any size, or return it from the cache."""
    stream = np.random.SeedSequence([_STREAM, list(LENGTHS).index(split), index])
    person_rng, background_rng, hair_rng = (np.random.default_rng(seed) for seed in stream.spawn(3))
    person = sample_person(person_rng, always_hair=masks == "hair")
    colours = np.array([person.appearance.skin, person.appearance.hair, person.appearance.cloth])
    palette = np.clip(255 * colours ** (1 / 2.2), 0, 255)
    background = draw_background(background_rng, palette.astype(np.uint8), size)
    samples = max(2, -(-_MIN_SAMPLES // size))
    image, mask = render(person, background, hair_rng, samples, MASK_PARTS[masks])
    return Sample(
        image=image,
        mask=mask,
        void=np.zeros((size, size), dtype=np.bool_),
        name=f"{split}-{index:07d}",
    )
