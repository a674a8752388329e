"""The parts that the rasteriser tells apart at every sample, and which of them each kind of mask takes."""

BACKGROUND, SKIN, EYE, MOUTH, EAR, BODY, HAIR, BEARD, GLASSES, HAT, GLASSES_ON_FACE = range(11)
PART_COUNT = 11

MASK_PARTS: dict[str, tuple[int, ...]] = {
    "head": (SKIN, EYE, MOUTH, EAR, HAIR, BEARD, GLASSES, HAT, GLASSES_ON_FACE),
    "face": (SKIN, EYE, MOUTH, BEARD, GLASSES_ON_FACE),
    "hair": (HAIR,),
}
