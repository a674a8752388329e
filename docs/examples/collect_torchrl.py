"""TorchRL collects random moves from 8 games played natively, with the IoU after each."""

import gymnasium as gym
import torch
from torchrl.collectors import Collector
from torchrl.data import Unbounded
from torchrl.envs import GymWrapper, default_info_dict_reader

import cutout_rl  # noqa: F401 - registers the environment


def make_games():
    """Wrap a native batch, which TorchRL resets itself."""
    games = GymWrapper(gym.make_vec("cutout_rl/CutOut-v0", num_envs=8, autoreset_mode="Disabled"))
    iou = Unbounded((8,), dtype=torch.float64)
    return games.set_info_dict_reader(default_info_dict_reader(["iou"], [iou]))


policy = None  # random moves; else a TensorDictModule
for batch in Collector(make_games, policy, frames_per_batch=240, total_frames=720):
    print(tuple(batch["observation"].shape), f"{batch['next', 'iou'][:, -1].mean():.3f}")
