"""Episodes are kept as they were played, and hold nothing that the agent was not given."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from cutout_rl.agents.networks.object_prior_net import SIDE
from cutout_rl.agents.training.episode_buffer import Episode, EpisodeBuffer
from cutout_rl.agents.training.episode_recorder import EpisodeRecorder
from cutout_rl.agents.training.random_episodes import record_random_episodes
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv
from cutout_rl.game.config import GameConfig
from cutout_rl.utils.errors import CutOutError

CONFIG = GameConfig(image_size=SIDE, observation_size=SIDE, step_len=8, step_count=4)


def some_episodes(n: int) -> list[Episode]:
    rng = np.random.default_rng(0)
    return [
        Episode(
            rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8),
            rng.random((2, 2), np.float32),
            rng.integers(0, 256, (length, SIDE, SIDE), np.uint8),
            rng.random(length, np.float32),
        )
        for length in range(2, n + 2)
    ]


def assert_same(one: Episode, other: Episode) -> None:
    assert all(np.array_equal(a, b, equal_nan=True) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


def test_the_newest_episodes_are_kept() -> None:
    episodes, buffer = some_episodes(5), EpisodeBuffer(3)
    for episode in episodes:
        buffer.add(episode)
    assert len(buffer) == 3
    for index in range(3):
        assert_same(buffer[index], episodes[index + 2])


@pytest.mark.parametrize("n", [0, 1, 4])
def test_tensors_restore_the_buffer(n: int) -> None:
    buffer, again = EpisodeBuffer(10), EpisodeBuffer(10)
    for episode in some_episodes(n):
        buffer.add(episode)
    again.add(some_episodes(1)[0])
    again.restore({name: tensor.clone() for name, tensor in buffer.tensors().items()})
    assert len(again) == n
    for index in range(n):
        assert_same(again[index], buffer[index])


def test_damaged_tensors_are_refused() -> None:
    buffer = EpisodeBuffer(10)
    for episode in some_episodes(2):
        buffer.add(episode)
    with pytest.raises(CutOutError, match="damaged"):
        EpisodeBuffer(10).restore(buffer.tensors() | {"masks": torch.zeros(7, dtype=torch.uint8)})


@pytest.mark.parametrize("reward", ["delta", "end"])
def test_recorded_episodes_are_what_the_environment_answered(reward: str) -> None:
    games = CutOutVecEnv(2, **asdict(CONFIG) | {"reward": reward})
    buffer, rng = EpisodeBuffer(10), np.random.default_rng(0)
    recorder = EpisodeRecorder(2, CONFIG.step_count, buffer)
    games.seed(3)
    observations = games.reset()
    assert isinstance(observations, np.ndarray)
    recorder.begin(observations, games.reset_infos)
    masks, ious = [observations[..., 5]], [[info.get("iou", np.nan) for info in games.reset_infos]]
    image = observations[..., :3]
    for _ in range(CONFIG.step_count):
        observations, _, dones, infos = games.step(rng.integers(16, size=2))
        assert isinstance(observations, np.ndarray)
        recorder.record(observations, dones, infos, games.reset_infos)
        ends = [info.get("terminal_observation", seen) for info, seen in zip(infos, observations, strict=True)]
        masks.append(np.stack(ends)[..., 5])
        ious.append([info.get("iou", np.nan) for info in infos])
    assert dones.all()
    for game in range(2):
        assert np.array_equal(buffer[game].image, image[game])
        assert np.array_equal(buffer[game].masks, np.stack(masks)[:, game])
        expected = np.array(ious, np.float32)[:, game]
        assert np.array_equal(buffer[game].ious, expected, equal_nan=True)
        assert np.isfinite(expected).sum() == (1 if reward == "end" else CONFIG.step_count + 1)


def test_random_episodes_depend_on_the_seed() -> None:
    def play(seed: int) -> list[Episode]:
        buffer = EpisodeBuffer(10)
        record_random_episodes(CutOutVecEnv(2, **asdict(CONFIG)), buffer, 3, seed)
        assert len(buffer) == 4
        return [buffer[index] for index in range(4)]

    for one, same, other in zip(play(0), play(0), play(1), strict=True):
        assert_same(one, same)
        assert not np.array_equal(one.image, other.image)
