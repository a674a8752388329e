"""Warm against cold starts over odd sizes, extreme images and conflicting strokes; batches on threads.

`CUTOUT_RL_FUZZ=100000 pytest -m slow tests/test_segmenter_fuzz.py` runs that many sequences; `make test-bounds` does so
with numba's bounds checks.
"""

import os

import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import add

from cutout_rl.game.batch import GameBatch
from cutout_rl.game.config import GameConfig
from cutout_rl.segmenters import GraphCutSegmenter
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE

SHAPES = ((1, 1), (1, 2), (2, 1), (1, 37), (41, 1), (2, 2), (3, 5), (17, 9), (13, 31), (24, 24))
BIG_SHAPES = ((300, 17), (17, 300))


def extreme_image(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw an image: one colour, noise, two halves, black and white dots, or a ramp."""
    kind = rng.integers(5)
    image = np.empty((*shape, 3), np.uint8)
    image[:] = rng.integers(0, 256, 3)
    if kind == 1:
        image = rng.integers(0, 256, (*shape, 3)).astype(np.uint8)
    elif kind == 2:
        image[shape[0] // 2 :, shape[1] // 2 :] = rng.integers(0, 256, 3)
    elif kind == 3:
        image[:] = 255 * rng.integers(0, 2, (*shape, 1))
    elif kind == 4:
        image[:] = np.linspace(0, 255, shape[1])[None, :, None]
    return image


def stroke(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Draw (N, 2) pixels, repeats included: a line, a block, the whole image, or nothing."""
    kind = rng.integers(20)
    if kind == 0:
        return np.argwhere(np.ones(shape, bool))
    if kind == 1:
        return np.empty((0, 2), np.int64)
    start = rng.integers(0, shape)
    if kind < 5:
        size = rng.integers(1, 5, 2)
        return np.clip(start + np.argwhere(np.ones(size, bool)), 0, np.array(shape) - 1)
    line = start + np.arange(rng.integers(1, 12))[:, None] * rng.integers(-1, 2, 2)
    return np.clip(line, 0, np.array(shape) - 1)


def play(seed: int, shape: tuple[int, int]) -> None:
    """Draw overlapping strokes; compare with a cold cut at random steps and at the end."""
    rng = np.random.default_rng(seed)
    segmenter = GraphCutSegmenter(
        geodesic_weight=float(rng.choice([0, 4])),
        colour_clip=float(rng.choice([0, 2])),
        components=bool(rng.integers(2)),
    )
    image = extreme_image(rng, shape)
    session = segmenter.begin(image)
    scribbles = (np.zeros(shape, bool), np.zeros(shape, bool))
    length = int(rng.integers(1, 15))
    for step in range(length):
        label = INSIDE if rng.integers(2) else OUTSIDE
        pixels = stroke(rng, shape)
        warm = add(session, pixels, label)
        rows, columns = pixels.T
        scribbles[label][rows, columns] |= ~scribbles[1 - label][rows, columns]
        if step == length - 1 or rng.integers(4) == 0:
            cold = segmenter.segment(image, scribbles[INSIDE], scribbles[OUTSIDE])
            np.testing.assert_array_equal(warm, cold, err_msg=f"seed {seed}, {shape}, step {step}")


@pytest.mark.parametrize("shape", SHAPES)
def test_warm_equals_cold_on_extreme_images(shape: tuple[int, int]) -> None:
    for seed in range(30):
        play(seed, shape)


@pytest.mark.parametrize("shape", BIG_SHAPES)
def test_warm_equals_cold_on_long_strips(shape: tuple[int, int]) -> None:
    for seed in range(4):
        play(seed, shape)


@pytest.mark.slow
def test_warm_equals_cold_many_times() -> None:
    rng = np.random.default_rng(0)
    for seed in range(int(os.environ.get("CUTOUT_RL_FUZZ", "20000"))):
        shape = (int(rng.integers(1, 33)), int(rng.integers(1, 33))) if seed % 50 else (300, 17)
        play(seed, shape)


@pytest.mark.parametrize("threads", [2, 4])
def test_threads_change_nothing(threads: int) -> None:
    batches = [GameBatch(GameConfig(image_size=48, observation_size=48), 8, threads=n) for n in (1, threads)]
    moves = np.random.default_rng(0).integers(0, 16, (20, 8))
    for batch in batches:
        batch.reset(range(8))
    for actions in moves:
        alone, together = (batch.step(actions) for batch in batches)
        np.testing.assert_array_equal(alone, together)
        np.testing.assert_array_equal(batches[0].observe(), batches[1].observe())
        for one, other in zip(batches[0].games, batches[1].games, strict=True):
            np.testing.assert_array_equal(one.mask, other.mask)
