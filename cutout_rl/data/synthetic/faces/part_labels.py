"""The labels of the parts in the part buffer, and the parts of each kind of mask."""

BACKGROUND, SKIN, EYE, MOUTH, EAR, BODY, HAIR, BEARD, GLASSES, HAT, GLASSES_ON_FACE = range(11)
PART_COUNT = 11

MASK_PARTS: dict[str, tuple[int, ...]] = {
    "head": (SKIN, EYE, MOUTH, EAR, HAIR, BEARD, GLASSES, HAT, GLASSES_ON_FACE),
    "face": (SKIN, EYE, MOUTH, BEARD, GLASSES_ON_FACE),
    "hair": (HAIR,),
}
