"""Noise tiles and the curves that shape the textures."""

import numpy as np

from cutout_rl.data.synthetic.faces.arrays import Float32
from cutout_rl.utils.numba_kernel import kernel

BLOTCHES, GRAIN, SPOTS = range(3)


def _make_noise() -> Float32:
    """Create the (256, 256, 3) noise tiles, in about [-1, 1]: blotches, grain and spots."""
    rng = np.random.default_rng(20170)
    white = rng.standard_normal((256, 256, 3))
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.rfftfreq(256)[None])
    filters = [1 / (frequency + 0.012) ** 1.5, np.ones_like(frequency), np.exp(-((frequency / 0.06) ** 2))]
    tiles = [np.fft.irfft2(np.fft.rfft2(white[..., k]) * filters[k], s=(256, 256)) for k in range(3)]
    return np.stack([tile / (2.0 * tile.std()) for tile in tiles], axis=-1).astype(np.float32)


NOISE: Float32 = _make_noise()


@kernel
def smoothstep(low: float, high: float, value: float) -> float:
    """Rise smoothly from 0 at `low` to 1 at `high`; `low` may be greater than `high`."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@kernel
def bell(square: float) -> float:
    """Approximate exp(-square) by a polynomial with finite support; it is called dozens of times per sample."""
    t = max(1.0 - 0.25 * square, 0.0)
    return t * t * t * t


@kernel
def sample_tile(noise: Float32, u: float, v: float, channel: int) -> float:
    """Sample a noise tile with bilinear interpolation; tiles are one unit wide and repeat."""
    fu, fv = u * 256.0, v * 256.0
    iu, iv = int(np.floor(fu)), int(np.floor(fv))
    tu, tv = fu - iu, fv - iv
    a, b = iu & 255, (iu + 1) & 255
    c, d = iv & 255, (iv + 1) & 255
    first = noise[a, c, channel] * (1 - tu) + noise[b, c, channel] * tu
    second = noise[a, d, channel] * (1 - tu) + noise[b, d, channel] * tu
    return float(first * (1 - tv) + second * tv)
