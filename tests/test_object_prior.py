"""The object prior: its network learns masks, crops contain it, and the policy's training does not change it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from command_line import TINY_RUN, Run
from numpy.typing import NDArray
from safetensors.torch import load_file
from scenes import blob_game, blob_sample

from cutout_rl.agents.networks import object_prior
from cutout_rl.agents.networks.egocentric_crops import REFERENCE_SIZE, prior_crops
from cutout_rl.agents.networks.object_prior import PriorCrops, find_starts
from cutout_rl.agents.networks.object_prior_net import SIDE, ObjectPriorNet, predict_priors
from cutout_rl.agents.training.object_prior_training import train_object_prior
from cutout_rl.agents.training.prior_augmentation import AUGMENTATIONS
from cutout_rl.data.source import DataSource, Sample
from cutout_rl.game.observation import HEAD, START, Observer
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.start_points import sample_start


class Blobs:
    """A number of synthetic images."""

    def __init__(self, first: int, count: int, size: int = 48) -> None:
        self._first, self._count, self._size = first, count, size

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Sample:
        return blob_sample(self._size, self._first + index)


def fitted(
    seed: int = 0, steps: int = 100, source: DataSource | None = None, augmentation: str = "light"
) -> ObjectPriorNet:
    torch.set_num_threads(1)  # more would compete with the other tests' processes
    torch.manual_seed(0)
    net = ObjectPriorNet()
    train_object_prior(net, source or Blobs(0, 60), 60, steps, AUGMENTATIONS[augmentation], seed)
    return net


def predict(net: ObjectPriorNet, sample: Sample, seed: int = 0) -> NDArray[np.uint8]:
    starts = sample_start(sample.mask, sample.void, np.random.default_rng(seed))
    return predict_priors(net, sample.image[None], np.array([starts], np.float32))[0]


@pytest.mark.parametrize("augmentation", ["light", pytest.param("strong", marks=pytest.mark.slow)])
def test_masks_of_unseen_images_are_predicted(augmentation: str) -> None:
    net, unseen = fitted(augmentation=augmentation), Blobs(1000, 10)
    ious = [intersection_over_union(predict(net, unseen[i]) > 127, unseen[i].mask, unseen[i].void) for i in range(10)]
    assert np.mean(ious) > 0.85
    assert not any(parameter.requires_grad for parameter in net.parameters())


class Twins:
    """Two equal discs, one on the left and one on the right, one of which is the object."""

    def __len__(self) -> int:
        return 60

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng(index // 2)
        rows, columns = np.ogrid[:SIDE, :SIDE]
        discs = [(rows - rng.uniform(24, 40)) ** 2 + (columns - middle) ** 2 < 64 for middle in (18, 46)]
        image = np.full((SIDE, SIDE, 3), 60, np.uint8)
        image[discs[0] | discs[1]] = rng.integers(120, 256, 3)
        return Sample(image, discs[index % 2], np.zeros((SIDE, SIDE), np.bool_), str(index))


def test_the_start_points_select_one_of_two_objects() -> None:
    net, twins = fitted(steps=60, source=Twins()), Twins()
    for index in range(8):
        prior = predict(net, twins[index]) / 255
        own, other = twins[index].mask, twins[index ^ 1].mask
        assert prior[own].mean() > prior[other].mean() + 0.3


class Patchwork:
    """Scattered squares of two colours; those of one colour are the object."""

    def __len__(self) -> int:
        return 60

    def __getitem__(self, index: int) -> Sample:
        rng = np.random.default_rng(index // 2)
        mask = np.kron(rng.random((8, 8)) < 0.5, np.ones((8, 8))) > 0
        image = np.where(mask[..., None], *rng.integers(0, 256, (2, 3), np.uint8))
        return Sample(image.astype(np.uint8), mask ^ (index % 2 == 1), np.zeros((SIDE, SIDE), np.bool_), str(index))


@pytest.mark.slow
def test_the_colour_at_a_start_point_selects_distant_parts() -> None:
    net, patchwork = fitted(steps=60, source=Patchwork()), Patchwork()
    for index in range(8):
        prior = predict(net, patchwork[index]) / 255
        assert prior[patchwork[index].mask].mean() > prior[~patchwork[index].mask].mean() + 0.3


def test_the_same_seed_learns_the_same() -> None:
    one, same, other = (fitted(seed, steps=3).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(tensor, same[name]) for name, tensor in one.items())
    assert not all(torch.equal(tensor, other[name]) for name, tensor in one.items())


@pytest.mark.parametrize("size", [16, SIDE, 100])
def test_the_prior_is_as_large_as_the_image(size: int) -> None:
    prior = predict(ObjectPriorNet(), blob_sample(size))
    assert prior.shape == (size, size)
    assert prior.dtype == np.uint8


@pytest.mark.parametrize("size", [32, 16])
def test_start_points_are_found_in_the_observation(size: int) -> None:
    rng = np.random.default_rng(2)
    observer = Observer("layers", size, 32, 3)
    for seed in range(10):
        game = blob_game(seed=seed, step_count=30)
        for _ in range(30):
            found = find_starts(observer.observe(game)[None])[0]
            expected = (np.array(game.starts) + 0.5) * size / 32 - 0.5
            assert np.abs(found - expected).max() <= 1.5
            game.step(int(rng.integers(16)))


@pytest.mark.parametrize(("size", "channels"), [(40, 5), (40, 6), (2 * REFERENCE_SIZE, 5)])
def test_crops_contain_the_prior_in_place_of_the_colours(size: int, channels: int) -> None:
    rng = np.random.default_rng(1)
    net = ObjectPriorNet()
    observations = rng.integers(0, 100, (3, size, size, channels), dtype=np.uint8)
    observations[:, 7, 9, 3] = observations[:, 20, 30, 4] = HEAD
    observations[:, 3, 4, 3] = observations[:, 5, 6, 4] = START
    starts = np.array(((3, 4), (5, 6)), np.float32)
    priors = np.stack(predict_priors(net, observations[..., :3], np.stack([starts] * 3)))
    assert np.array_equal(PriorCrops(net)(observations), prior_crops(observations, priors))


def test_priors_do_not_depend_on_the_images_beside_them() -> None:
    rng = np.random.default_rng(4)
    net = ObjectPriorNet()
    images = rng.integers(0, 256, (9, 40, 40, 3), dtype=np.uint8)
    starts = rng.uniform(0, 39, (9, 2, 2)).astype(np.float32)
    together = predict_priors(net, images, starts)
    for which in ([8], [3, 1], [7, 0, 2, 4, 5]):
        assert np.array_equal(np.stack(predict_priors(net, images[which], starts[which])), np.stack(together)[which])
    assert predict_priors(net, images[:0], starts[:0]) == []


def test_priors_are_predicted_once_per_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []

    def counted(net: ObjectPriorNet, images: NDArray[np.uint8], starts: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
        counts.append(len(images))
        return predict_priors(net, images, starts)

    monkeypatch.setattr(object_prior, "predict_priors", counted)
    net, observer, rng = ObjectPriorNet(), Observer("masked", 32, 32, 3), np.random.default_rng(0)
    crops = PriorCrops(net)
    games = [blob_game(seed=seed, step_count=30) for seed in range(3)]
    for step in range(12):
        if step in (4, 8):
            games[step // 4] = blob_game(seed=10 + step, step_count=30)
        if step == 10:
            games = games[::-1]
        observations = np.stack([observer.observe(game) for game in games])
        assert np.array_equal(crops(observations), PriorCrops(net)(observations))
        for game in games:
            game.step(int(rng.integers(16)))
    assert sum(counts) == 3 + 1 + 1 + 3 * 12  # a new object predicts all


def test_the_policy_learns_and_the_prior_stays(run: Run, tmp_path: Path) -> None:
    flags = ("--network", "prior", "--prior-images", 4, "--prior-steps", 2, "--total-timesteps", 64)
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("train", *TINY_RUN, *flags, "--algo", "a2c", "--out", first).status == 0
    again = ("--algo", "a2c", "--init", first, "--seed", 1, "--out", second)  # seed 0 might repeat the same updates
    assert run("train", *TINY_RUN, *flags, *again).status == 0
    before, after = (load_file(folder / "last.safetensors") for folder in (first, second))
    priors = [name for name in before if "object_net" in name and "optimizer" not in name]
    assert priors
    assert all(torch.equal(before[name], after[name]) for name in priors)
    assert any(not torch.equal(before[name], after[name]) for name in before if name in after and name not in priors)
    table = run("evaluate", second, "--images", 2)
    assert table.status == 0, table
