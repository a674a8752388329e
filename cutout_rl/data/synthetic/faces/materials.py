"""What each part is made of: its albedo, and how it answers light."""

import numba

from cutout_rl.data.synthetic.faces.arrays import Float32
from cutout_rl.data.synthetic.faces.noise import GRAIN
from cutout_rl.data.synthetic.faces.palette import A_GLOSS, C_GLASSES, C_HAIR, C_HAT, C_SKIN
from cutout_rl.data.synthetic.faces.parts import BEARD, BODY, EAR, EYE, GLASSES, GLASSES_ON_FACE, HAIR, HAT, MOUTH, SKIN
from cutout_rl.data.synthetic.faces.skin import skin_albedo
from cutout_rl.data.synthetic.faces.textures import body_albedo, eye_albedo, mouth_albedo


@numba.njit(cache=True, nogil=True)
def material(
    part: int, a: Float32, colours: Float32, amounts: Float32, noise: Float32, albedo: Float32
) -> tuple[float, float, float, int, bool]:
    """Find the material of a sample.

    Args:
        part: what was drawn there, see `parts.py`.
        a: (8,) the sample's attributes.
        colours: (12, 3) see `palette.py`.
        amounts: (19,) see `palette.py`.
        noise: (256, 256, 3) see `noise.py`.
        albedo: (3,) linear RGB, written.

    Returns:
        How open the place is to its surroundings (0-1), how much it reflects at its highlight, how far red light wraps
        around under the skin, how often the highlight is squared to sharpen it, and whether it is hair painted on skin.
    """
    occlusion, gloss, wrap_red, sharpness, painted = 1.0, 0.04, 0.0, 4, False
    if part == SKIN:
        occlusion, painted = skin_albedo(a, colours, amounts, noise, albedo)
        gloss, wrap_red = float(0.05 + 0.16 * amounts[A_GLOSS]), 0.3
    elif part in (HAIR, BEARD):
        line = a[6] * (1.0 - 0.25 * a[7] * a[7])
        for k in range(3):
            albedo[k] = colours[C_HAIR, k] * line
        gloss, sharpness = float(0.05 + 0.5 * albedo[0]), 5
    elif part == BODY:
        if body_albedo(a, colours, amounts, noise, albedo):
            gloss = 0.01
        else:
            gloss, wrap_red = 0.05, 0.3
    elif part == EAR:
        albedo[0], albedo[1], albedo[2] = colours[C_SKIN, 0], 0.86 * colours[C_SKIN, 1], 0.84 * colours[C_SKIN, 2]
        occlusion, wrap_red = float(0.3 + 0.7 * min(1.3 * a[3] * a[3], 1.0)), 0.4
    elif part == EYE:
        occlusion = eye_albedo(a, colours, noise, albedo)
        gloss, sharpness = 0.6, 7
    elif part == MOUTH:
        mouth_albedo(a, albedo)
        gloss, sharpness = 0.15, 5
    elif part == HAT:
        weave = 1.0 + 0.25 * noise[int(a[3] * 300) & 255, int(a[4] * 300) & 255, GRAIN]
        for k in range(3):
            albedo[k] = colours[C_HAT, k] * weave
    elif part in (GLASSES, GLASSES_ON_FACE):
        for k in range(3):
            albedo[k] = colours[C_GLASSES, k]
        gloss, sharpness = 0.4, 5
    return occlusion, gloss, wrap_red, sharpness, painted
