"""The network that looks from where the pens are."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import blob_game

from agents.network import PenCentredCrops, crop_around, find_heads
from cutout_rl.observation import Observer


@settings(max_examples=30)
@given(st.integers(0, 99), st.integers(1, 5), st.integers(0, 10), st.sampled_from([32, 24, 16]))
def test_heads_are_found_where_the_game_has_them(seed: int, pen_width: int, n: int, size: int) -> None:
    game = blob_game(seed=seed, pen_width=pen_width)
    for move in np.random.default_rng(seed).integers(16, size=n):
        game.step(int(move))
    observation = Observer("layers", size, 32, pen_width).observe(game)
    found = find_heads(torch.as_tensor(observation[None]))
    assert found.shape == (1, 2, 2)
    assert found.dtype == torch.int64
    for pen in (0, 1):
        # The first pixel of the tip in reading order lies at most half a pen up and left of the head.
        head = np.array(game.heads[pen])
        distance = head * size // 32 - found[0, pen].numpy()
        assert (np.abs(distance) <= -(-(pen_width // 2) * size // 32)).all()
        assert observation[..., 3 + pen].flat[found[0, pen, 0] * size + found[0, pen, 1]] == 255


@pytest.mark.parametrize("heads", [((16, 16), (3, 28)), ((0, 0), (31, 31)), ((31, 0), (0, 31))])
def test_heads_of_a_one_pixel_pen_are_found_exactly(heads: tuple[tuple[int, int], tuple[int, int]]) -> None:
    game = blob_game(start=heads, pen_width=1)
    observation = Observer("layers", 32, 32, 1).observe(game)
    assert find_heads(torch.as_tensor(observation[None]))[0].tolist() == [list(head) for head in heads]


@given(st.integers(0, 2**32 - 1), st.integers(4, 20), st.integers(1, 4), st.sampled_from([2, 8, 12, 30]))
def test_crop_is_a_slice_of_the_padded_image(seed: int, size: int, batch: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    observations = rng.integers(0, 256, (batch, size, size, 5), dtype=np.uint8)
    centres = rng.integers(0, size, (batch, 2))
    crops = crop_around(torch.as_tensor(observations), torch.as_tensor(centres), side)
    assert crops.shape == (batch, 6, side, side)
    assert crops.dtype == torch.float32
    for observation, (row, column), crop in zip(observations, centres, crops.numpy(), strict=True):
        with_inside = np.concatenate([observation, np.full((size, size, 1), 255, np.uint8)], axis=2)
        half = side // 2
        padded = np.pad(with_inside, ((half, half), (half, half), (0, 0)))
        expected = padded[row : row + side, column : column + side].transpose(2, 0, 1) / 255
        assert np.allclose(crop, expected, atol=1e-6)


def scene(size: int, shift: tuple[int, int], seed: int = 0) -> torch.Tensor:
    """Put a patch with both heads and some trail into a black image, moved by `shift`."""
    rng = np.random.default_rng(seed)
    patch = np.zeros((20, 20, 5), np.uint8)
    patch[..., :3] = rng.integers(0, 256, (20, 20, 3))
    patch[4:12, 6, 3], patch[12, 6, 3] = 128, 255
    patch[10, 8:15, 4], patch[10, 15, 4] = 128, 255
    observation = np.zeros((1, size, size, 5), np.uint8)
    row, column = size // 2 - 10 + shift[0], size // 2 - 10 + shift[1]
    observation[0, row : row + 20, column : column + 20] = patch
    return torch.as_tensor(observation)


@pytest.mark.parametrize("shift", [(0, 9), (-7, 0), (13, -12)])
def test_crops_move_with_the_scene(shift: tuple[int, int]) -> None:
    still, moved = scene(100, (0, 0)), scene(100, shift)
    heads, moved_heads = find_heads(still), find_heads(moved)
    assert (moved_heads - heads == torch.tensor(shift)).all()
    for pen in (0, 1):
        one, other = (crop_around(s, h[:, pen], 48) for s, h in ((still, heads), (moved, moved_heads)))
        assert torch.equal(one, other)
        assert one[:, :5].any()


def extractor(size: int, features: int = 32) -> PenCentredCrops:
    torch.manual_seed(0)
    return PenCentredCrops(spaces.Box(0, 255, (size, size, 5), np.uint8), features)


@pytest.mark.parametrize("size", [16, 32, 64, 100, 128, 256])
def test_features_have_their_shape_at_every_size(size: int) -> None:
    observations = torch.randint(0, 256, (3, size, size, 5), dtype=torch.uint8)
    features = extractor(size)(observations)
    assert features.shape == (3, 32)
    assert features.dtype == torch.float32
    assert torch.isfinite(features).all()


def test_features_of_a_game_do_not_depend_on_its_batch() -> None:
    observations = torch.randint(0, 256, (4, 32, 32, 5), dtype=torch.uint8)
    network = extractor(32)
    together, alone = network(observations), torch.cat([network(one[None]) for one in observations])
    assert torch.allclose(together, alone, atol=1e-5)
    assert not torch.allclose(together[0], together[1])


@pytest.mark.parametrize("change", ["image", "inside trail", "outside trail", "inside head", "outside head"])
def test_features_tell_states_apart(change: str) -> None:
    before = scene(64, (0, 0))
    after = before.clone()
    if change == "image":
        after[0, 30, 30, 0] = 255 - after[0, 30, 30, 0]
    elif change.endswith("trail"):
        after[0, 40, 30, 3 + (change == "outside trail")] = 128
    else:
        layer = after[..., 3 + (change == "outside head")]
        layer[layer == 255] = 128
        layer[0, 34, 36] = 255
    network = extractor(64)
    assert not torch.allclose(network(before), network(after), atol=1e-6)
