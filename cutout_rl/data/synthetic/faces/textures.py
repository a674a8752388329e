"""The albedo of eyes, mouth and clothing."""

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32
from cutout_rl.data.synthetic.faces.noise import BLOTCHES, GRAIN, SPOTS, bell, sample_tile, smoothstep
from cutout_rl.data.synthetic.faces.shader_tables import A_PATTERN, A_SEED, C_ACCENT, C_CLOTH, C_IRIS, C_SKIN
from cutout_rl.utils.numba_kernel import kernel


@kernel
def eye_albedo(a: Float32, colours: Float32, noise: Float32, albedo: Float32) -> float:
    """Write the eye's (3,) albedo (sclera, iris, limbus, pupil); return the ambient visibility."""
    x, y, z = a[3], a[4], a[5]
    radius = np.sqrt(x * x + y * y) if z > 0 else 2.0
    iris = smoothstep(0.40, 0.35, radius)
    pupil = smoothstep(0.19, 0.15, radius)
    ring = 0.55 + 0.45 * smoothstep(0.42, 0.3, radius)
    spokes = 1.0 + 0.4 * sample_tile(noise, np.arctan2(y, x) * 0.16, radius * 0.1, GRAIN)
    sclera = (0.48, 0.44, 0.41)
    for k in range(3):
        colour = colours[C_IRIS, k] * 1.5 * ring * spokes
        value = sclera[k] + (colour - sclera[k]) * iris
        albedo[k] = value * (1.0 - 0.97 * pupil)
    return 0.8 - 0.45 * smoothstep(0.1, 0.45, y)


@kernel
def mouth_albedo(a: Float32, albedo: Float32) -> None:
    """Write the (3,) albedo inside the mouth: upper teeth, gap, tongue."""
    x, y = a[3], a[4]
    teeth = smoothstep(-0.075, -0.06, y + 0.25 * x * x) * smoothstep(0.2, 0.17, abs(x))
    gap = 1.0 - 0.25 * bell((((x * 22 - np.floor(x * 22)) - 0.5) / 0.12) ** 2)
    tongue = smoothstep(-0.14, -0.2, y)
    shade = 0.1 + 0.9 * teeth
    albedo[0] = (0.62 * teeth * gap + (0.10 + 0.2 * tongue) * (1 - teeth)) * shade
    albedo[1] = (0.57 * teeth * gap + (0.02 + 0.05 * tongue) * (1 - teeth)) * shade
    albedo[2] = (0.50 * teeth * gap + (0.02 + 0.05 * tongue) * (1 - teeth)) * shade


@kernel
def body_albedo(a: Float32, colours: Float32, amounts: Float32, noise: Float32, albedo: Float32) -> bool:
    """Write the (3,) albedo of neck or clothing; return whether it is clothing."""
    x, y, z, below = a[3], a[4], a[5], a[6]
    blotch = sample_tile(noise, x * 0.3 + amounts[A_SEED], y * 0.3 + z * 0.2, BLOTCHES)
    if below < 0:
        for k in range(3):
            albedo[k] = colours[C_SKIN, k] * (1.0 + 0.06 * blotch) * (0.92 if k else 0.97)
        return False
    pattern = int(amounts[A_PATTERN])
    mix = 0.0
    if pattern == 1:
        mix = 1.0 if int(np.floor(y * 9)) & 1 else 0.0
    elif pattern == 2:
        mix = 0.5 * float(int(np.floor(y * 7)) & 1) + 0.5 * float(int(np.floor(x * 7)) & 1)
    elif pattern == 3:
        mix = 1.0 if abs(x) < 0.08 else 0.0
    elif pattern == 4:
        # An open jacket over a shirt.
        wedge = abs(x) - 0.40 - 0.42 * (y + 1.5)
        mix = 1.0 if wedge < 0 and z > 0 else 0.0
        if abs(wedge - 0.05) < 0.012 or abs(wedge) < 0.012:
            mix = 0.5
    if below < 0.07 and pattern < 3:
        mix = 1.0 - mix if pattern else 0.35
    weave = (
        1.0 + 0.10 * sample_tile(noise, x * 1.2, y * 1.2, GRAIN) + 0.05 * sample_tile(noise, x * 0.35, y * 0.35, SPOTS)
    )
    for k in range(3):
        albedo[k] = (colours[C_CLOTH, k] + (colours[C_ACCENT, k] - colours[C_CLOTH, k]) * mix) * weave
    return True
