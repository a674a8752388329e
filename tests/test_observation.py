"""What an agent sees: image, trails and heads, at full size and shrunk."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import blob_game

from cutout_rl.game.area_resize import shrink_mask
from cutout_rl.game.game import Game
from cutout_rl.game.observation import INSIDE_COLOUR, OUTSIDE_COLOUR, ObservationKind, Observer
from cutout_rl.game.reward import RewardKind
from cutout_rl.segmenters.graph_cut import GraphCutSegmenter


def observer(size: int, kind: ObservationKind = "layers", pen_width: int = 3) -> Observer:
    return Observer(kind, size, 32, pen_width)


def played(seed: int, pen_width: int = 3, n: int = 10) -> Game:
    game = blob_game(seed=seed, pen_width=pen_width, step_count=60)
    for move in np.random.default_rng(seed).integers(16, size=n):
        game.step(int(move))
    return game


def tip_mask(head: tuple[int, int], pen_width: int) -> NDArray[np.bool_]:
    """Mark the pen's tip in a 32 px image by the formula of a disc, in half pixels."""
    shift = 1 - pen_width % 2
    rows, columns = np.ogrid[:32, :32]
    return np.asarray(
        (2 * (rows - head[0]) + shift) ** 2 + (2 * (columns - head[1]) + shift) ** 2 <= pen_width * pen_width
    )


def any_under(marks: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """Shrink marks so that a small pixel is marked where a mark's corner of origin falls into it."""
    small = np.zeros((size, size), np.bool_)
    for row, column in np.argwhere(marks):
        # The small pixel whose span [k * 32, (k + 1) * 32) holds row * size; whole numbers throughout.
        r = next(k for k in range(size) if k * 32 <= row * size < (k + 1) * 32)
        c = next(k for k in range(size) if k * 32 <= column * size < (k + 1) * 32)
        small[r, c] = True
    return small


def expected_layers(game: Game, size: int, pen_width: int) -> NDArray[np.uint8]:
    layers = np.zeros((size, size, 2), np.uint8)
    for pen in (0, 1):
        layers[any_under(game.labels == pen + 1, size), pen] = 128
        layers[any_under(tip_mask(game.starts[pen], pen_width), size), pen] = 192
        layers[any_under(tip_mask(game.heads[pen], pen_width), size), pen] = 255
    return layers


@pytest.mark.parametrize(("kind", "channels"), [("layers", 5), ("masked", 6), ("trails", 5), ("overlay", 3)])
@pytest.mark.parametrize("size", [32, 16, 23])
def test_observation_is_of_the_space(kind: ObservationKind, channels: int, size: int) -> None:
    look = observer(size, kind)
    observation = look.observe(played(0))
    assert look.space.shape == (size, size, channels)
    assert observation.shape == (size, size, channels)
    assert observation.dtype == np.uint8
    assert look.space.contains(observation)


def test_full_size_shows_the_image_itself() -> None:
    game = played(1)
    assert np.array_equal(observer(32).observe(game)[..., :3], game.sample.image)


def test_half_size_shows_the_mean_of_every_four_pixels() -> None:
    game = played(1)
    means = game.sample.image.reshape(16, 2, 16, 2, 3).mean(axis=(1, 3))
    assert np.abs(observer(16).observe(game)[..., :3] - means).max() <= 0.5


@settings(max_examples=30)
@given(st.integers(0, 99), st.integers(1, 6), st.integers(0, 10), st.sampled_from([32, 31, 24, 16]))
def test_layers_show_trails_as_128_starts_as_192_and_heads_as_255(seed: int, pen_width: int, n: int, size: int) -> None:
    game = played(seed, pen_width, n)
    layers = observer(size, pen_width=pen_width).observe(game)[..., 3:]
    assert np.array_equal(layers, expected_layers(game, size, pen_width))
    assert set(np.unique(layers)) <= {0, 128, 192, 255}


def test_every_small_pixel_over_a_mark_is_marked_at_half_size() -> None:
    for seed in range(5):
        game = played(seed, pen_width=1)
        layers = observer(16, pen_width=1).observe(game)[..., 3:]
        for pen in (0, 1):
            blocks = (game.labels == pen + 1).reshape(16, 2, 16, 2).any(axis=(1, 3))
            # Head and start show even on the other pen's trail.
            for row, column in (game.heads[pen], game.starts[pen]):
                blocks[row // 2, column // 2] = True
            assert np.array_equal(layers[..., pen] > 0, blocks)


def test_head_shows_on_the_other_pens_trail() -> None:
    game = blob_game(start=((16, 10), (16, 16)), pen_width=1)
    game.step(10)
    game.step(2)
    assert game.heads == [(16, 16), (16, 22)]
    assert game.labels[16, 16] == 2
    layers = observer(32, pen_width=1).observe(game)[..., 3:]
    assert layers[16, 16].tolist() == [255, 192]


@pytest.mark.parametrize("reward", ["iou", "end"])
@pytest.mark.parametrize("size", [32, 16])
def test_masked_adds_the_newest_mask_to_the_layers(size: int, reward: RewardKind) -> None:
    game = blob_game(seed=4, reward=reward)
    masks = set()
    for move in (2, 4, 10, 12):
        game.step(move)
        masked = observer(size, "masked").observe(game)
        assert np.array_equal(masked[..., :5], observer(size).observe(game))
        truth = GraphCutSegmenter().segment(game.sample.image, game.labels == 1, game.labels == 2)
        scale = 32 // size
        means = 255 * truth.reshape(size, scale, size, scale).mean(axis=(1, 3))
        assert np.abs(masked[..., 5] - means).max() <= 0.5
        masks.add(truth.tobytes())
    assert len(masks) > 1


@pytest.mark.parametrize(
    ("size", "small"),
    [(32, 32), (64, 32), (48, 16), (64, 16), (80, 16), (32, 31), (33, 16), (50, 37), (40, 16), (97, 19)],
)
def test_shrunk_masks_are_opencvs(size: int, small: int) -> None:
    rng = np.random.default_rng(size + small)
    for share in (0.02, 0.5, 0.9):
        mask = rng.random((size, size)) < share
        found = np.full((small, small), 7, np.uint8)
        shrink_mask(mask, found)
        expected = cv2.resize(255 * mask.view(np.uint8), (small, small), interpolation=cv2.INTER_AREA)
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("size", [32, 16])
def test_trails_are_the_layers_without_heads(size: int) -> None:
    game = played(2)
    trails = observer(size, "trails").observe(game)[..., 3:]
    for pen in (0, 1):
        assert np.array_equal(trails[..., pen], 128 * any_under(game.labels == pen + 1, size))


@pytest.mark.parametrize("size", [32, 16])
def test_overlay_paints_both_trails_on_the_image(size: int) -> None:
    game = played(3)
    overlay, layered = observer(size, "overlay").observe(game), observer(size).observe(game)
    marks = expected_layers(game, size, 3) > 0
    assert (overlay[marks[..., 1]] == OUTSIDE_COLOUR).all()
    assert (overlay[marks[..., 0] & ~marks[..., 1]] == INSIDE_COLOUR).all()
    bare = ~marks.any(axis=2)
    assert np.array_equal(overlay[bare], layered[bare][:, :3])
    assert marks[..., 0].sum() > 5
    assert marks[..., 1].sum() > 5


@pytest.mark.parametrize("kind", ["layers", "masked", "trails", "overlay"])
@pytest.mark.parametrize("size", [32, 16])
def test_observation_is_a_fresh_array(kind: ObservationKind, size: int) -> None:
    game, look = played(4), observer(size, kind)
    first = look.observe(game)
    kept = first.copy()
    first[:] = 7
    assert np.array_equal(look.observe(game), kept)
    game.step(0)
    look.observe(game)
    assert (first == 7).all()
