"""Shading of samples by a key light with shadows, a rim light and ambient light."""

import numba
import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32, UInt8
from cutout_rl.data.synthetic.faces.materials import material
from cutout_rl.data.synthetic.faces.part_labels import BACKGROUND, BEARD, BODY, HAIR, SKIN
from cutout_rl.data.synthetic.faces.shader_tables import C_GROUND, C_HAIR, C_KEY, C_RIM, C_SKY
from cutout_rl.utils.numba_kernel import kernel


@kernel
def _light_share(shadow: Float32, x: float, y: float, z: float) -> float:
    """Return the share of the key light that reaches light-space (x, y, z), bilinear over four texels."""
    size = shadow.shape[0]
    fx, fy = x - 0.5, y - 0.5
    ix, iy = int(np.floor(fx)), int(np.floor(fy))
    if ix < 0 or iy < 0 or ix >= size - 1 or iy >= size - 1:
        return 1.0
    tx, ty = fx - ix, fy - iy
    total = 0.0
    for dy in range(2):
        for dx in range(2):
            weight = (tx if dx else 1 - tx) * (ty if dy else 1 - ty)
            gap = shadow[iy + dy, ix + dx] - z - 0.05
            total += weight * min(max(1.0 - gap * 20.0, 0.0), 1.0)
    return total


@kernel
def _shade_samples(
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
    colours: Float32,
    amounts: Float32,
    camera: Float32,
    lights: Float32,
    light_frame: Float32,
    shadow: Float32,
    noise: Float32,
    albedo: Float32,
    out: Float32,
) -> None:
    """Write the (N, N, 3) light of `shade` to `out`; `albedo` is scratch memory, (3,)."""
    size = depth.shape[0]
    for py in range(size):
        for px in range(size):
            part = parts[py, px]
            if part == BACKGROUND:
                continue
            if part in (SKIN, BODY):
                # Smooth surfaces are shaded once per 2 x 2 samples: a quarter of the cost, hardly visible.
                if px & 1 and parts[py, px - 1] == part:
                    for k in range(3):
                        out[py, px, k] = out[py, px - 1, k]
                    continue
                if py & 1 and parts[py - 1, px] == part:
                    for k in range(3):
                        out[py, px, k] = out[py - 1, px, k]
                    continue
            a = buffer[py, px]
            nx, ny, nz = a[0], a[1], a[2]
            inverse = np.float32(1.0) / (np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-9))
            z = depth[py, px]
            zoom = (camera[3] - z) / camera[2]
            vx, vy = (px + np.float32(0.5) - camera[0]) * zoom, (camera[1] - py - np.float32(0.5)) * zoom
            # Direction to the camera.
            ex, ey, ez = -vx, -vy, camera[3] - z
            reach = np.float32(1.0) / np.sqrt(ex * ex + ey * ey + ez * ez)
            ex, ey, ez = ex * reach, ey * reach, ez * reach
            nx, ny, nz = nx * inverse, ny * inverse, nz * inverse
            if nx * ex + ny * ey + nz * ez < 0:
                nx, ny, nz = -nx, -ny, -nz
            strand = part in (HAIR, BEARD)
            if strand:
                line = a[6] * (1.0 - 0.25 * a[7] * a[7])
                for k in range(3):
                    albedo[k] = colours[C_HAIR, k] * line
                visibility, gloss, wrap_red, sharpness = 1.0, float(0.05 + 0.5 * albedo[0]), 0.0, 5
            else:
                visibility, gloss, wrap_red, sharpness, painted = material(part, a, colours, amounts, noise, albedo)
                if painted:
                    parts[py, px] = HAIR
            lx, ly, lz = lights[0, 0], lights[0, 1], lights[0, 2]
            facing = nx * lx + ny * ly + nz * lz
            hx, hy, hz = lx + ex, ly + ey, lz + ez
            half = np.float32(1.0) / (np.sqrt(hx * hx + hy * hy + hz * hz) + np.float32(1e-6))
            hx, hy, hz = hx * half, hy * half, hz * half
            sx = light_frame[0, 0] * vx + light_frame[0, 1] * vy + light_frame[0, 2] * z + light_frame[0, 3]
            sy = light_frame[1, 0] * vx + light_frame[1, 1] * vy + light_frame[1, 2] * z + light_frame[1, 3]
            sz = light_frame[2, 0] * vx + light_frame[2, 1] * vy + light_frame[2, 2] * z + light_frame[2, 3]
            lit = np.float32(_light_share(shadow, sx, sy, sz)) if facing > -0.3 else np.float32(0.0)
            if strand:
                tx, ty, tz = a[3], a[4], a[5]
                size_t = np.float32(1.0) / (np.sqrt(tx * tx + ty * ty + tz * tz) + np.float32(1e-6))
                tl = (tx * lx + ty * ly + tz * lz) * size_t
                th = (tx * hx + ty * hy + tz * hz) * size_t
                # Kajiya and Kay, SIGGRAPH 1989, bounded by the normal of the hair's volume.
                bulk = max(facing * np.float32(0.75) + np.float32(0.25), np.float32(0.0))
                diffuse = np.sqrt(max(np.float32(1.0) - tl * tl, np.float32(0.0))) * bulk
                shine = max(np.float32(1.0) - th * th, np.float32(0.0))
                lit = np.float32(0.35) + np.float32(0.65) * lit
            else:
                diffuse = max(facing, np.float32(0.0))
                shine = max(nx * hx + ny * hy + nz * hz, np.float32(0.0))
            # Repeated squaring is the cheapest power.
            for _ in range(sharpness):
                shine *= shine
            if strand:
                shine *= bulk
            grazing = np.float32(1.0) - max(nx * ex + ny * ey + nz * ez, np.float32(0.0))
            shine *= np.float32(0.4) + np.float32(2.0) * grazing * grazing * grazing
            rim = max(nx * lights[1, 0] + ny * lights[1, 1] + nz * lights[1, 2], np.float32(0.0))
            up = np.float32(0.5) + np.float32(0.5) * ny
            for k in range(3):
                spread = wrap_red if k == 0 else wrap_red * np.float32(0.3)
                wrapped = (
                    max((facing + spread) / (np.float32(1.0) + spread), np.float32(0.0)) if wrap_red > 0 else diffuse
                )
                around = colours[C_GROUND, k] + up * (colours[C_SKY, k] - colours[C_GROUND, k])
                light = colours[C_KEY, k] * wrapped * lit + colours[C_RIM, k] * rim + around * visibility
                reflection = colours[C_KEY, k] * shine * gloss * lit * visibility
                out[py, px, k] = albedo[k] * light + reflection


@numba.njit(cache=True, nogil=True, error_model="numpy")
def shade(
    depth: Float32,
    parts: UInt8,
    buffer: Float32,
    colours: Float32,
    amounts: Float32,
    camera: Float32,
    lights: Float32,
    light_frame: Float32,
    shadow: Float32,
    noise: Float32,
) -> Float32:
    """Shade every sample on which a part was drawn.

    Args:
        depth: (N, N).
        parts: (N, N); skin with painted hair is relabelled as hair, in place.
        buffer: (N, N, 8) attributes: normal; texture (hair: tangent and shade); cover or position across the strand.
        colours: (12, 3) linear RGB, see `shader_tables`.
        amounts: (19,) see `shader_tables`.
        camera: (4,) centre x and y in samples, focal length in samples, distance in head units.
        lights: (2, 3) unit vectors towards the key and the rim light.
        light_frame: (3, 4) affine map from view space to the shadow map's texels and depth.
        shadow: (M, M) depth seen from the key light.
        noise: (256, 256, 3), see `noise`.

    Returns:
        (N, N, 3) float32 linear light; 0 where nothing was drawn.
    """
    out = np.zeros((*depth.shape, 3), dtype=np.float32)
    albedo = np.zeros(3, dtype=np.float32)
    _shade_samples(depth, parts, buffer, colours, amounts, camera, lights, light_frame, shadow, noise, albedo, out)
    return out
