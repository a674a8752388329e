"""`python -m cutout_rl.experiments.report.atari.atari_training`: train PPO or A2C of this project on an Atari game."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import A2C
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from cutout_rl.agents.algorithms.a2c import A2CConfig
from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.agents.algorithms.on_policy_training import model_kwargs
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.algorithms.threaded_ppo import ThreadedPPO
from cutout_rl.experiments.report.atari.atari_vec_env import FRAMES, AtariVecEnv
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.ranges import Seed, Steps

POINTS: Final = 100  # of a learning curve
N_ENVS: Final = 8
_CELLS: Final = 7  # a side of the encoder's features, which are of 42, 20, 9 and 7 px


@dataclass(frozen=True)
class Arguments:
    """Train on an Atari game and write the learning curve."""

    python: str
    """Python interpreter of an environment with ale-py."""
    game: str
    """Name of the game, such as pong."""
    algo: Literal["ppo", "a2c"]
    """Algorithm."""
    timesteps: Steps
    """Number of steps to train for, over all games."""
    seed: Seed
    """Seed of the weights, the games and the actions."""
    out: Path
    """Output folder of the learning curve, metrics.csv."""


class _Curve(BaseCallback):
    """Callback that writes two means a hundred times in a run: the reward per 1000 moves, and the return of a game.

    The return is that of the games that ended since the last row, NaN if none did.
    """

    def __init__(self, run: RunFolder, timesteps: int) -> None:
        super().__init__()
        self._run = run
        self._every = max(1, timesteps // POINTS)
        self._reward = 0.0
        self._running = np.zeros(N_ENVS)
        self._returns: list[float] = []
        self._last = 0
        self._start = time.monotonic()

    def _on_step(self) -> bool:
        self._reward += float(np.sum(self.locals["rewards"]))
        over = self.locals["dones"]
        self._running += self.locals["rewards"]
        self._returns.extend(self._running[over])
        self._running[over] = 0
        steps = self.num_timesteps - self._last
        if steps >= self._every:
            seconds = time.monotonic() - self._start
            row = {
                "timesteps": self.num_timesteps,
                "seconds": seconds,
                "reward": 1000 * self._reward / steps,
                "return": float(np.mean(self._returns)) if self._returns else np.nan,
            }
            self._run.append("metrics.csv", row)
            self._reward, self._returns, self._last = 0.0, [], self.num_timesteps
        return True


class FrameEncoder(BaseFeaturesExtractor):
    """Three convolutions and a linear layer.

    The strides of the "Nature" DQN (Mnih et al., 2015) are for 84 px. Of 42 px they would leave a single cell, which
    does not tell where the ball is.
    """

    def __init__(self, observation_space: spaces.Dict, features_dim: int = 256) -> None:
        """Create the layers."""
        super().__init__(observation_space, features_dim)
        self.layers = nn.Sequential(
            nn.Conv2d(FRAMES[0], 16, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * _CELLS**2, features_dim),
            nn.ReLU(),
        )

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Return (B, 256) features of (B, 4, 42, 42) frames in [0, 1]."""
        # Convolutions of this layout take a quarter less time on a CPU.
        features: Tensor = self.layers(observations["frames"].contiguous(memory_format=torch.channels_last))
        return features


def main() -> None:
    """Parse the flags and train."""
    arguments = parse_arguments(Arguments, "experiments.report.atari.atari_training")
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    run = RunFolder(arguments.out)
    run.rewind({}, 0)
    env = AtariVecEnv(arguments.python, arguments.game, N_ENVS, arguments.seed)
    model = _make(arguments.algo, arguments.seed, env)
    model.learn(arguments.timesteps, callback=_Curve(run, arguments.timesteps))
    env.close()


def _make(algo: str, seed: int, env: AtariVecEnv) -> OnPolicyAlgorithm:
    # The PPO settings of Schulman et al. (2017) with twice the learning rate, because there are fewer steps; for
    # A2C the rollouts of Mnih et al. (ICML 2016). Everything else is this project's default.
    if algo == "ppo":
        config = PPOConfig(
            network="nature",
            seed=seed,
            n_envs=N_ENVS,
            gamma=0.99,
            ent_coef=0.01,
            n_steps=128,
            batch_size=256,
            learning_rate=5e-4,
            clip_range=0.1,
        )
        return ThreadedPPO(
            env=env,
            batch_size=config.batch_size,
            n_epochs=config.n_epochs,
            clip_range=config.clip_range,
            **_arguments(config),
        )
    a2c = A2CConfig(network="nature", seed=seed, n_envs=N_ENVS, gamma=0.99, ent_coef=0.01, n_steps=5, gae_lambda=1.0)
    return A2C(env=env, normalize_advantage=True, use_rms_prop=False, **_arguments(a2c))


def _arguments(config: OnPolicyConfig) -> dict[str, Any]:
    # There is no IoU for the critic here, so the policy is the stock one.
    kwargs = {"net_arch": [], "features_extractor_class": FrameEncoder}
    return {**model_kwargs(config), "policy": "MultiInputPolicy", "policy_kwargs": kwargs}


if __name__ == "__main__":
    run_command(main)
