"""Square crops and resizing: exact areas against fractions, and the position of the crop."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from cutout_rl.data.decoding import BACKGROUND, OBJECT, VOID
from cutout_rl.data.resize import object_square, resize_image, resize_trimap

RED, WHITE = (200, 30, 40), (255, 255, 255)


@settings(deadline=None)
@given(
    trimap=st.integers(1, 12).flatmap(
        lambda side: arrays(np.uint8, (side, side), elements=st.sampled_from([BACKGROUND, VOID, OBJECT]))
    ),
    size=st.integers(1, 12),
)
def test_trimap_is_resized_by_exact_area(trimap: NDArray[np.uint8], size: int) -> None:
    scale = Fraction(len(trimap), size)

    def overlaps(new: int) -> list[tuple[int, Fraction]]:
        start, stop = new * scale, (new + 1) * scale
        return [
            (old, min(stop, Fraction(old + 1)) - max(start, Fraction(old))) for old in range(int(start), ceil(stop))
        ]

    expected = np.empty((size, size), dtype=np.uint8)
    for row, column in np.ndindex(size, size):
        areas = {BACKGROUND: Fraction(0), VOID: Fraction(0), OBJECT: Fraction(0)}
        for y, height in overlaps(row):
            for x, width in overlaps(column):
                areas[int(trimap[y, x])] += height * width
        known = OBJECT if areas[OBJECT] > areas[BACKGROUND] else BACKGROUND
        expected[row, column] = VOID if 2 * areas[VOID] > scale**2 else known
    assert np.array_equal(resize_trimap(trimap, size), expected)


@given(mask=arrays(np.bool_, st.tuples(st.integers(1, 15), st.integers(1, 15))).filter(np.any))
def test_square_is_the_largest_and_the_nearest_to_the_object(mask: NDArray[np.bool_]) -> None:
    top, left, side = object_square(np.where(mask, OBJECT, BACKGROUND).astype(np.uint8))
    assert side == min(mask.shape)
    for start, length, axis in ((top, mask.shape[0], 1), (left, mask.shape[1], 0)):
        indices = np.flatnonzero(mask.any(axis=axis))
        miss = [abs(2 * other + side - (indices[0] + indices[-1] + 1)) for other in range(length - side + 1)]
        assert miss[start] == min(miss)
        if indices[-1] - indices[0] < side:
            assert start <= indices[0]
            assert indices[-1] < start + side


@pytest.mark.parametrize("size", [16, 64, 100])
def test_image_and_mask_stay_aligned(size: int) -> None:
    mask = np.zeros((64, 64), dtype=np.uint8)
    mask[16:40, 8:48] = OBJECT
    image = resize_image(Image.fromarray(np.where(mask[..., None] > 0, RED, WHITE).astype(np.uint8)), size)
    resized = resize_trimap(mask, size) == OBJECT
    is_red = image[..., 1] < (RED[1] + WHITE[1]) / 2
    assert np.mean(is_red == resized) > 0.985
    assert image.shape == (size, size, 3)


def test_fine_texture_is_averaged_not_picked() -> None:
    checks = np.indices((512, 512)).sum(axis=0) % 2 * 255
    image = resize_image(Image.fromarray(checks.astype(np.uint8)).convert("RGB"), 64)
    assert np.abs(image.astype(int) - 127.5).max() < 4
