"""The map of the object: its network learns masks, the views show it, and the policy's training leaves it alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import TINY_RUN, Run
from safetensors.torch import load_file
from scenes import blob_sample

from agents.mapped_views import MappedViews
from agents.object_net import SIDE, ObjectNet, fit_object_net, guess_object
from agents.pen_views import CROP, N_CHANNELS, N_MAPPED_CHANNELS, SCALES, VIEW_SIZE, pen_views
from cutout_rl.images.source import Sample
from cutout_rl.reward import intersection_over_union


class Blobs:
    """So many made-up images, from a first one on."""

    def __init__(self, first: int, count: int, size: int = 48) -> None:
        self._first, self._count, self._size = first, count, size

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        return blob_sample(self._size, self._first + index)


def fitted(seed: int = 0, steps: int = 100) -> ObjectNet:
    torch.set_num_threads(1)  # more of them spin against the other tests' processes
    torch.manual_seed(0)
    net = ObjectNet()
    fit_object_net(net, Blobs(0, 60), images=60, steps=steps, seed=seed)
    return net


def test_masks_of_images_never_seen_are_guessed() -> None:
    net, unseen = fitted(), Blobs(1000, 10)
    ious = []
    for index in range(len(unseen)):
        sample = unseen[index]
        ious.append(intersection_over_union(guess_object(net, sample.image) > 127, sample.mask, sample.void))
    assert np.mean(ious) > 0.85
    assert not any(parameter.requires_grad for parameter in net.parameters())


def test_the_same_seed_learns_the_same() -> None:
    image = blob_sample(48, 5).image
    one, same, other = (guess_object(fitted(seed, steps=3), image) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("size", [16, SIDE, 100])
def test_the_map_is_as_large_as_the_image(size: int) -> None:
    chance = guess_object(ObjectNet(), np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8))
    assert chance.shape == (size, size)
    assert chance.dtype == np.uint8


@pytest.mark.parametrize("size", [40, 2 * VIEW_SIZE])
def test_views_show_the_map_beside_what_they_showed_before(size: int) -> None:
    rng = np.random.default_rng(1)
    net = ObjectNet()
    observations = rng.integers(0, 100, (3, size, size, 5), dtype=np.uint8)
    observations[:, 7, 9, 3] = observations[:, 20, 30, 4] = 255
    views = MappedViews(net)(observations).reshape(3, 2, CROP, CROP, len(SCALES), N_MAPPED_CHANNELS)
    plain = pen_views(observations).reshape(3, 2, CROP, CROP, len(SCALES), N_CHANNELS)
    assert np.array_equal(views[..., :N_CHANNELS], plain)
    # A map shown as if it were the image's red channel must come out the same.
    for observation, view in zip(observations, views, strict=True):
        disguised = observation.copy()
        disguised[..., 0] = guess_object(net, observation[..., :3])
        red = pen_views(disguised[None]).reshape(2, CROP, CROP, len(SCALES), N_CHANNELS)[..., 0]
        assert np.array_equal(view[..., N_CHANNELS], red)


def test_the_policy_learns_and_the_map_stays(run: Run, tmp_path: Path) -> None:
    flags = ("--network", "mapped", "--map-images", 4, "--map-steps", 2, "--total-timesteps", 64)
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("train", *TINY_RUN, *flags, "--algo", "a2c", "--out", first).status == 0
    assert run("train", *TINY_RUN, *flags, "--algo", "a2c", "--init", first, "--out", second).status == 0
    before, after = (load_file(folder / "last.safetensors") for folder in (first, second))
    maps = [name for name in before if "object_net" in name and "optimizer" not in name]
    assert maps
    assert all(torch.equal(before[name], after[name]) for name in maps)
    assert any(not torch.equal(before[name], after[name]) for name in before if name in after and name not in maps)
    table = run("evaluate", second, "--images", 2)
    assert table.status == 0, table
