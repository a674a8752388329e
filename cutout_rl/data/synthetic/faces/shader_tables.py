"""The tables of colours and amounts that the shader reads."""

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.eyes import make_eyes
from cutout_rl.data.synthetic.faces.parameters import Appearance, Light, Person
from cutout_rl.data.synthetic.faces.skull import mouth_width, nose_width

C_SKIN, C_LIP, C_IRIS, C_HAIR, C_CLOTH, C_ACCENT, C_GLASSES, C_HAT, C_KEY, C_RIM, C_SKY, C_GROUND = range(12)
COLOUR_COUNT = 12

(
    A_GLOSS,
    A_BLUSH,
    A_FRECKLES,
    A_BLEMISHES,
    A_WRINKLES,
    A_BROWS,
    A_BEARD,
    A_MOUSTACHE,
    A_STUBBLE,
    A_PAINTED_HAIR,
    A_MOUTH_WIDTH,
    A_LIPS,
    A_EYE_X,
    A_EYE_WIDTH,
    A_JAW_OPEN,
    A_NOSE_WIDTH,
    A_NOSE_LENGTH,
    A_PATTERN,
    A_SEED,
) = range(19)
AMOUNT_COUNT = 19


def colour_table(appearance: Appearance, light: Light, mean_background: Float64) -> Float32:
    """Create the (12, 3) colours; the ambient light has the hue of `mean_background`, (3,) linear RGB."""
    around = light.ambient * light.exposure * (0.5 + 0.5 * mean_background / max(mean_background.mean(), 0.02))
    table = np.empty((COLOUR_COUNT, 3), dtype=np.float32)
    table[C_SKIN], table[C_LIP], table[C_IRIS], table[C_HAIR] = (
        appearance.skin,
        appearance.lip,
        appearance.iris,
        appearance.hair,
    )
    table[C_CLOTH], table[C_ACCENT] = appearance.cloth, appearance.cloth_accent
    table[C_GLASSES], table[C_HAT] = appearance.glasses_colour, appearance.hat_colour
    table[C_KEY], table[C_RIM] = light.key_colour * light.exposure, light.rim_colour * light.exposure
    table[C_SKY], table[C_GROUND] = around, around * np.array([0.55, 0.48, 0.42])
    return table


def amount_table(person: Person, seed: float) -> Float32:
    """Create the (19,) amounts; `seed` in [0, 1) shifts the skin's noise."""
    shape, appearance = person.shape, person.appearance
    eyes = make_eyes(shape, person.expression)
    table = np.empty(AMOUNT_COUNT, dtype=np.float32)
    table[A_GLOSS], table[A_BLUSH], table[A_FRECKLES] = appearance.gloss, appearance.blush, appearance.freckles
    table[A_BLEMISHES], table[A_WRINKLES], table[A_BROWS] = (
        appearance.blemishes,
        appearance.wrinkles,
        appearance.brow_weight,
    )
    table[A_BEARD], table[A_MOUSTACHE], table[A_STUBBLE] = appearance.beard, appearance.moustache, appearance.stubble
    table[A_PAINTED_HAIR] = {"bald": 0.0, "buzz": 0.72}.get(appearance.style, 1.0)
    table[A_MOUTH_WIDTH], table[A_LIPS] = mouth_width(shape), 1.0 + 0.16 * shape.lips
    table[A_EYE_X], table[A_EYE_WIDTH] = eyes.x, eyes.width
    table[A_JAW_OPEN] = person.expression.jaw_open
    table[A_NOSE_WIDTH], table[A_NOSE_LENGTH] = nose_width(shape), shape.nose_length
    table[A_PATTERN], table[A_SEED] = appearance.cloth_pattern, seed
    return table
