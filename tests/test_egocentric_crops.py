"""Egocentric crops, against padding, slicing and averaging in plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import blob_game

from cutout_rl.agents.networks.egocentric_crops import (
    CROP,
    REFERENCE_SIZE,
    SCALES,
    crop_space,
    egocentric_crops,
    prior_crops,
)
from cutout_rl.game.observation import Observer


def expected_crop(observation: NDArray[np.uint8], pen: int, side: int) -> NDArray[np.uint8]:
    """Pad with NaN, slice around the head's first pixel, and take means and maxima over blocks of `side` pixels."""
    row, column = np.argwhere(observation[..., 3 + pen] == 255)[0]
    reach = CROP // 2 * side
    padded = np.pad(observation.astype(float), ((reach, reach), (reach, reach), (0, 0)), constant_values=np.nan)
    window = padded[row : row + 2 * reach, column : column + 2 * reach]
    blocks = window.reshape(CROP, side, CROP, side, -1).transpose(0, 2, 1, 3, 4).reshape(CROP, CROP, side * side, -1)
    known = ~np.isnan(blocks[..., 0])
    count = known.sum(axis=2)
    filled = np.nan_to_num(blocks)
    pictures = np.delete(filled, (3, 4), axis=-1).sum(axis=2) // np.maximum(count, 1)[..., None]
    scribbles = filled[..., (3 + pen, 4 - pen)].max(axis=2)
    inside_image = np.where(count > 0, 255 if pen == 0 else 128, 0)[..., None]
    return np.concatenate([pictures, scribbles, inside_image], axis=-1).astype(np.uint8)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([16, 40, REFERENCE_SIZE, 2 * REFERENCE_SIZE, 3 * REFERENCE_SIZE + 5]),
    st.integers(1, 3),
    st.sampled_from([5, 6]),
)
def test_crops_are_blocks_of_the_padded_observation(seed: int, size: int, batch: int, channels: int) -> None:
    rng = np.random.default_rng(seed)
    observations = rng.integers(0, 256, (batch, size, size, channels), dtype=np.uint8)
    observations[..., 3:5] = rng.choice([0, 128], (batch, size, size, 2))
    for observation in observations:
        for pen in (0, 1):
            observation[rng.integers(size), rng.integers(size), 3 + pen] = 255
    crops = egocentric_crops(observations)
    assert crops.shape == (batch, *crop_space(channels - 2).shape)
    unit = max(1, size // REFERENCE_SIZE)
    for observation, game_crops in zip(observations, crops, strict=True):
        for pen in (0, 1):
            expected = [expected_crop(observation, pen, scale * unit) for scale in SCALES]
            assert np.array_equal(game_crops[pen], np.concatenate(expected, axis=-1))


@pytest.mark.parametrize("channels", [5, 6])
def test_prior_crops_have_the_prior_for_the_colours(channels: int) -> None:
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 255, (2, 40, 40, channels), dtype=np.uint8)
    grey[:, 9, 7, 3] = grey[:, 30, 20, 4] = 255
    grey[..., :3] = grey[..., :1]
    crops = egocentric_crops(grey).reshape(2, 2, CROP, CROP, len(SCALES), channels + 1)
    of_prior = prior_crops(grey, grey[..., 0])
    assert of_prior.shape == (2, *crop_space(channels - 4).shape)
    assert np.array_equal(of_prior.reshape(2, 2, CROP, CROP, len(SCALES), channels - 1), crops[..., 2:])


@pytest.mark.parametrize("heads", [((16, 16), (3, 28)), ((0, 0), (31, 31)), ((31, 0), (0, 31))])
def test_each_crop_has_its_head_in_the_middle(heads: tuple[tuple[int, int], tuple[int, int]]) -> None:
    game = blob_game(start=heads, pen_width=1)
    crops = egocentric_crops(Observer("layers", 32, 32, 1).observe(game)[None])[0]
    for pen in (0, 1):
        assert crops[pen, CROP // 2, CROP // 2, 3] == 255
        assert (crops[pen, ..., 3] == 255).sum() == 1


@pytest.mark.parametrize("shift", [(0, 9), (-7, 0), (13, -12)])
def test_crops_do_not_depend_on_where_the_scene_lies(shift: tuple[int, int]) -> None:
    patch = np.random.default_rng(0).integers(0, 100, (20, 20, 5), dtype=np.uint8)
    patch[9, 6, 3] = patch[12, 14, 4] = 255
    crops = []
    for row, column in ((54, 54), (54 + shift[0], 54 + shift[1])):
        observation = np.zeros((1, 127, 127, 5), np.uint8)
        observation[0, row : row + 20, column : column + 20] = patch
        crops.append(egocentric_crops(observation))
    assert np.array_equal(*crops)
    assert crops[0][..., :5].any()
