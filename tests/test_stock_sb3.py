"""Stable-Baselines3's own PPO on the environment, without any class of `cutout_rl.agents.algorithms`."""

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv

SMALL: dict[str, Any] = {"image_size": 40, "step_len": 6, "step_count": 4}
FACES: dict[str, Callable[..., VecEnv]] = {
    "gymnasium": lambda **settings: DummyVecEnv([lambda: gymnasium.make("cutout_rl/CutOut-v0", **settings)] * 2),
    "native": lambda **settings: CutOutVecEnv(2, **settings),
}
both_faces = pytest.mark.parametrize("make", FACES.values(), ids=FACES.keys())


class ValueOne(PPO):
    """PPO whose critic takes every state for a perfect one."""

    def learn(self, *arguments: Any, **keywords: Any) -> "ValueOne":
        with torch.no_grad():
            self.policy.value_net.weight.zero_()
            self.policy.value_net.bias.fill_(1)
        return super().learn(*arguments, **keywords)


@both_faces
def test_no_return_exceeds_the_highest_possible_one(make: Callable[..., VecEnv]) -> None:
    games = make(**SMALL, reward="end")
    model = ValueOne("CnnPolicy", games, n_steps=20, batch_size=20, n_epochs=1, gamma=1, seed=0, device="cpu")
    model.learn(40)
    returns = model.rollout_buffer.returns
    assert 0 <= returns.min() < returns.max() <= 1
    games.seed(0)
    games.reset()
    for _ in range(4):
        _, _, dones, infos = games.step(np.array([0, 9]))
    assert dones.all()
    assert not any(info.get("TimeLimit.truncated") for info in infos)


@both_faces
def test_multi_input_policy_sees_the_moves_left(make: Callable[..., VecEnv]) -> None:
    games = make(**SMALL, observation="dict")
    model = PPO("MultiInputPolicy", games, n_steps=8, batch_size=16, n_epochs=1, seed=0, device="cpu")
    model.learn(32)
    seen = model.rollout_buffer.observations
    assert {name: array.shape[1:] for name, array in seen.items()} == {
        "image": (3, 40, 40),
        "scribbles": (2, 40, 40),
        "mask": (1, 40, 40),
        "moves_left": (1,),
    }
    assert set(seen["moves_left"].ravel()) == {1, 0.75, 0.5, 0.25}
