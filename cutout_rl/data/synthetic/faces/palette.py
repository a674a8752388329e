"""The two tables that the renderer fills and the shader reads: rows of colours, and amounts by name."""

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, Float64
from cutout_rl.data.synthetic.faces.eyes import eyes_of
from cutout_rl.data.synthetic.faces.parameters import Light, Looks, Person
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


def colour_table(looks: Looks, light: Light, surroundings: Float64) -> Float32:
    """Fill the (12, 3) colours; the ambient light takes its hue from the background's mean, (3,) linear RGB."""
    around = light.ambient * light.exposure * (0.5 + 0.5 * surroundings / max(surroundings.mean(), 0.02))
    table = np.empty((COLOUR_COUNT, 3), dtype=np.float32)
    table[C_SKIN], table[C_LIP], table[C_IRIS], table[C_HAIR] = looks.skin, looks.lip, looks.iris, looks.hair
    table[C_CLOTH], table[C_ACCENT] = looks.cloth, looks.cloth_accent
    table[C_GLASSES], table[C_HAT] = looks.glasses_colour, looks.hat_colour
    table[C_KEY], table[C_RIM] = light.key_colour * light.exposure, light.rim_colour * light.exposure
    table[C_SKY], table[C_GROUND] = around, around * np.array([0.55, 0.48, 0.42])
    return table


def amount_table(person: Person, seed: float) -> Float32:
    """Fill the (19,) amounts; `seed` in [0, 1) shifts the skin's noise."""
    shape, looks = person.shape, person.looks
    eyes = eyes_of(shape, person.expression)
    table = np.empty(AMOUNT_COUNT, dtype=np.float32)
    table[A_GLOSS], table[A_BLUSH], table[A_FRECKLES] = looks.gloss, looks.blush, looks.freckles
    table[A_BLEMISHES], table[A_WRINKLES], table[A_BROWS] = looks.blemishes, looks.wrinkles, looks.brow_weight
    table[A_BEARD], table[A_MOUSTACHE], table[A_STUBBLE] = looks.beard, looks.moustache, looks.stubble
    table[A_PAINTED_HAIR] = {"bald": 0.0, "buzz": 0.72}.get(looks.style, 1.0)
    table[A_MOUTH_WIDTH], table[A_LIPS] = mouth_width(shape), 1.0 + 0.16 * shape.lips
    table[A_EYE_X], table[A_EYE_WIDTH] = eyes.x, eyes.width
    table[A_JAW_OPEN] = person.expression.jaw_open
    table[A_NOSE_WIDTH], table[A_NOSE_LENGTH] = nose_width(shape), shape.nose_length
    table[A_PATTERN], table[A_SEED] = looks.cloth_pattern, seed
    return table
