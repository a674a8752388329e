"""The material of each part: albedo and reflectance."""

from cutout_rl.data.synthetic.faces.arrays import Float32
from cutout_rl.data.synthetic.faces.noise import GRAIN
from cutout_rl.data.synthetic.faces.part_labels import (
    BODY,
    EAR,
    EYE,
    GLASSES,
    GLASSES_ON_FACE,
    HAT,
    MOUTH,
    SKIN,
)
from cutout_rl.data.synthetic.faces.shader_tables import A_GLOSS, C_GLASSES, C_HAT, C_SKIN
from cutout_rl.data.synthetic.faces.skin import skin_albedo
from cutout_rl.data.synthetic.faces.textures import body_albedo, eye_albedo, mouth_albedo
from cutout_rl.utils.numba_kernel import kernel


@kernel
def material(
    part: int, a: Float32, colours: Float32, amounts: Float32, noise: Float32, albedo: Float32
) -> tuple[float, float, float, int, bool]:
    """Evaluate the material of a sample.

    Args:
        part: the part drawn there, but for hair and beard; see `part_labels`.
        a: (8,) the sample's attributes.
        colours: (12, 3) see `shader_tables`.
        amounts: (19,) see `shader_tables`.
        noise: (256, 256, 3) see `noise`.
        albedo: (3,) linear RGB, written.

    Returns:
        Ambient visibility (0-1), specular weight, subsurface wrap of red light, number of times the highlight is
        squared, and whether the sample is hair painted on skin.
    """
    visibility, gloss, wrap_red, sharpness, painted = 1.0, 0.04, 0.0, 4, False
    if part == SKIN:
        visibility, painted = skin_albedo(a, colours, amounts, noise, albedo)
        gloss, wrap_red = float(0.05 + 0.16 * amounts[A_GLOSS]), 0.3
    elif part == BODY:
        if body_albedo(a, colours, amounts, noise, albedo):
            gloss = 0.01
        else:
            gloss, wrap_red = 0.05, 0.3
    elif part == EAR:
        albedo[0], albedo[1], albedo[2] = colours[C_SKIN, 0], 0.86 * colours[C_SKIN, 1], 0.84 * colours[C_SKIN, 2]
        visibility, wrap_red = float(0.3 + 0.7 * min(1.3 * a[3] * a[3], 1.0)), 0.4
    elif part == EYE:
        visibility = eye_albedo(a, colours, noise, albedo)
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
    return visibility, gloss, wrap_red, sharpness, painted
