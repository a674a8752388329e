"""The parts that the rasteriser tells apart at every sample, and which of them each kind of mask takes."""

BACKGROUND, SKIN, EYE, MOUTH, EAR, BODY, HAIR, BEARD, GLASSES, HAT = range(10)
PART_COUNT = 10

MASK_PARTS: dict[str, tuple[int, ...]] = {
    "head": (SKIN, EYE, MOUTH, EAR, HAIR, BEARD, GLASSES, HAT),
    "face": (SKIN, EYE, MOUTH, BEARD),
    "hair": (HAIR,),
}
