"""The albedo of skin at canonical coordinates: blotches, blush, lips, brows, lids, stubble and hair roots.

The painters also return the ambient occlusion of hollows.
"""

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32
from cutout_rl.data.synthetic.faces.noise import BLOTCHES, GRAIN, SPOTS, bell, sample_tile, smoothstep
from cutout_rl.data.synthetic.faces.shader_tables import (
    A_BEARD,
    A_BLEMISHES,
    A_BLUSH,
    A_BROWS,
    A_EYE_WIDTH,
    A_EYE_X,
    A_FRECKLES,
    A_JAW_OPEN,
    A_LIPS,
    A_MOUSTACHE,
    A_MOUTH_WIDTH,
    A_NOSE_LENGTH,
    A_NOSE_WIDTH,
    A_PAINTED_HAIR,
    A_SEED,
    A_STUBBLE,
    A_WRINKLES,
    C_HAIR,
    C_LIP,
    C_SKIN,
)
from cutout_rl.data.synthetic.faces.skull import MOUTH
from cutout_rl.utils.numba_kernel import kernel


@kernel
def _mix(albedo: Float32, colours: Float32, row: int, factor: float, amount: float) -> None:
    for k in range(3):
        albedo[k] += (colours[row, k] * factor - albedo[k]) * amount


@kernel
def _darken(albedo: Float32, amount: float) -> None:
    albedo[0] *= 1.0 - 0.9 * amount
    albedo[1] *= 1.0 - amount
    albedo[2] *= 1.0 - amount


@kernel
def _redden(albedo: Float32, amount: float) -> None:
    albedo[0] *= 1.0 + 0.35 * amount
    albedo[1] *= 1.0 - 0.55 * amount
    albedo[2] *= 1.0 - 0.45 * amount


@kernel
def _forehead(ax: float, y: float, blotch: float, amounts: Float32) -> float:
    lines = (
        np.sin(y * 62 + 3 * blotch) * smoothstep(0.32, 0.4, y) * smoothstep(0.62, 0.55, y) * smoothstep(0.4, 0.2, ax)
    )
    return float(0.16 * amounts[A_WRINKLES] ** 2 * max(lines, 0.0))


@kernel
def _eye_region(
    x: float, y: float, cover: float, colours: Float32, amounts: Float32, noise: Float32, albedo: Float32
) -> float:
    """Paint lashes, lid creases and brows; return the occlusion."""
    ax = abs(x)
    occlusion = 0.38 * bell(((ax - 0.22) / 0.17) ** 2 + ((y - 0.06) / 0.13) ** 2)
    occlusion += 0.18 * amounts[A_WRINKLES] * bell(((ax - 0.29) / 0.17) ** 2 + ((y + 0.13) / 0.05) ** 2)
    if cover < 1.6 and abs(ax - amounts[A_EYE_X]) < amounts[A_EYE_WIDTH] * 1.15 and abs(y) < 0.2:
        lash = smoothstep(0.3, 0.06, cover) * (0.85 if y > 0 else 0.35)
        crease = bell(((cover - 0.95) / 0.16) ** 2) * (0.35 if y > 0 else 0.12)
        _darken(albedo, max(lash, crease))
    along = (ax - 0.12) / 0.38
    if y > 0.08 and -0.05 < along < 1.05:
        hairs = sample_tile(noise, x * 0.9 + y * 0.5, y * 0.9 - ax * 1.2, GRAIN)
        arch = 0.185 + 0.055 * np.sin(min(max(along, 0.0), 1.0) * 2.2) - 0.02 * along
        thick = (0.042 - 0.026 * along) * (0.6 + 0.6 * amounts[A_BROWS])
        growth = smoothstep(1.3, 0.5, abs(y - arch) / thick + 0.35 * hairs) * amounts[A_BROWS]
        growth *= smoothstep(-0.05, 0.06, along) * smoothstep(1.05, 0.85, along)
        _mix(albedo, colours, C_HAIR, 0.9, growth)
    return float(occlusion)


@kernel
def _nose_and_mouth(
    x: float, y: float, z: float, colours: Float32, amounts: Float32, noise: Float32, tone: float, albedo: Float32
) -> float:
    """Paint nostrils, laugh lines, lips, stubble and beard roots; return the occlusion."""
    ax = abs(x)
    width = amounts[A_MOUTH_WIDTH]
    occlusion = 0.3 * bell(((ax - 0.2 * amounts[A_NOSE_WIDTH]) / 0.05) ** 2 + ((y + 0.41) / 0.1) ** 2)
    occlusion += 0.35 * bell((x / 0.14) ** 2 + ((y + 0.50) / 0.05) ** 2)
    occlusion += 0.4 * bell(((ax - width - 0.01) / 0.05) ** 2 + ((y - MOUTH) / 0.05) ** 2)
    occlusion += 0.25 * bell((x / 0.2) ** 2 + ((y + 0.83) / 0.05) ** 2)
    laugh = (ax - (0.2 + 0.35 * (-0.38 - y))) / 0.018
    occlusion += (
        0.3 * amounts[A_WRINKLES] * bell(laugh * laugh) * smoothstep(-0.75, -0.6, y) * smoothstep(-0.36, -0.44, y)
    )
    rise = y - MOUTH
    bow = 1.0 - (ax / width) ** 2
    if bow > 0 and abs(rise) < 0.16:
        notch = 1.0 - 0.22 * bell((ax / 0.045) ** 2)
        edge = (0.062 * notch if rise > 0 else 0.088) * np.sqrt(bow) * amounts[A_LIPS]
        _mix(albedo, colours, C_LIP, tone, smoothstep(edge + 0.012, edge - 0.012, abs(rise)))
        if amounts[A_JAW_OPEN] < 0.08:
            _darken(albedo, bell((rise / 0.011) ** 2) * smoothstep(0.0, 0.15, bow) * 0.75)
    nostril = ((ax - 0.075 * amounts[A_NOSE_WIDTH]) / 0.042) ** 2 + (
        (y + 0.465 + 0.06 * amounts[A_NOSE_LENGTH]) / 0.028
    ) ** 2
    _darken(albedo, bell(nostril * nostril) * 0.85)
    growing = max(amounts[A_STUBBLE], amounts[A_BEARD], amounts[A_MOUSTACHE])
    if growing > 0:
        jaw_line = y + 0.5 * max(ax - 0.45, 0.0) - 0.75 * max(ax - 0.5, 0.0)
        jaw = smoothstep(-0.38, -0.6, jaw_line) * smoothstep(0.1, 0.2, ax + max(-0.74 - y, 0.0))
        upper = smoothstep(-0.46, -0.5, y) * smoothstep(0.33, 0.26, ax) * smoothstep(-0.66, -0.62, y)
        dense = 0.42 * amounts[A_STUBBLE] * max(jaw, upper)
        if amounts[A_BEARD] > 0:
            dense = max(dense, 0.6 * jaw * (1.0 if amounts[A_BEARD] >= 0.3 else smoothstep(0.26, 0.2, ax)))
        if amounts[A_MOUSTACHE] > 0:
            dense = max(dense, 0.6 * upper)
        dense *= 0.75 + 0.5 * sample_tile(noise, x * 0.9 + y * 0.5, y * 0.9 - ax * 1.2, GRAIN)
        clear_of_lips = smoothstep(0.8, 1.15, (ax / (width * 1.05)) ** 2 + ((rise + 0.01) / 0.09) ** 2)
        _mix(albedo, colours, C_HAIR, 0.9, min(max(dense, 0.0), 0.75) * clear_of_lips * smoothstep(0.0, 0.3, z))
    return float(occlusion)


@kernel
def skin_albedo(a: Float32, colours: Float32, amounts: Float32, noise: Float32, albedo: Float32) -> tuple[float, bool]:
    """Write the (3,) albedo of the head's skin.

    Args:
        a: (8,) the sample's attributes: normal, canonical x, y, z, height above the hairline, cover.
        colours: (12, 3) see `shader_tables`.
        amounts: (19,) see `shader_tables`.
        noise: (256, 256, 3) see `noise`.
        albedo: (3,), written.

    Returns:
        Ambient visibility, 0-1, and whether the sample is hair painted on the scalp.
    """
    x, y, z, over_hairline, cover = a[3], a[4], a[5], a[6], a[7]
    ax = abs(x)
    seed = amounts[A_SEED]
    blotch = sample_tile(noise, x * 0.35 + seed, y * 0.35 + z * 0.2, BLOTCHES)
    grain = sample_tile(noise, x * 1.3, y * 1.3 + z * 0.7 + seed, GRAIN)
    tone = 1.0 + 0.07 * blotch * (0.4 + amounts[A_BLEMISHES]) + 0.035 * grain
    for k in range(3):
        albedo[k] = colours[C_SKIN, k] * tone
    occlusion = 0.0
    flush = 0.05 * blotch
    if z > 0.1:
        if y > 0.3:
            occlusion = _forehead(ax, y, blotch, amounts)
        elif y > -0.28:
            occlusion = _eye_region(x, y, cover, colours, amounts, noise, albedo)
        else:
            occlusion = _nose_and_mouth(x, y, z, colours, amounts, noise, tone, albedo)
        cheeks = bell(((ax - 0.42) / 0.22) ** 2 + ((y + 0.32) / 0.2) ** 2)
        tip = bell((x / 0.14) ** 2 + ((y + 0.38) / 0.12) ** 2)
        chin = bell((x / 0.2) ** 2 + ((y + 0.98) / 0.14) ** 2)
        flush += amounts[A_BLUSH] * 0.32 * (cheeks + 0.8 * tip + 0.4 * chin)
        if amounts[A_FRECKLES] > 0:
            spots = sample_tile(noise, x * 0.9 + seed, y * 0.9, SPOTS)
            place = bell(((ax - 0.25) / 0.4) ** 2 + ((y + 0.2) / 0.3) ** 2)
            _darken(albedo, 0.5 * smoothstep(0.45, 0.75, spots) * amounts[A_FRECKLES] * place)
        occlusion = min(occlusion, 0.75)
        _darken(albedo, 0.25 * occlusion)
    _redden(albedo, flush)
    painted = False
    if amounts[A_PAINTED_HAIR] > 0 and over_hairline > -0.1:
        streak = sample_tile(noise, x * 0.8 + seed, y * 0.8 + z * 0.5, GRAIN)
        dense = smoothstep(-0.03, 0.05, over_hairline + 0.05 * streak)
        painted = dense > 0.5
        _mix(albedo, colours, C_HAIR, 0.65 + 0.3 * streak, dense * amounts[A_PAINTED_HAIR])
    return 1.0 - occlusion, painted
