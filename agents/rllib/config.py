"""The flags of PPO by RLlib."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import tyro

from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.runs.train_config import AlgorithmName
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Range


@dataclass(frozen=True)
class RLlibPPOConfig(PPOConfig):
    """Train an agent to segment objects by drawing strokes, with RLlib's PPO on a Ray cluster."""

    MAY_CHANGE: ClassVar[tuple[str, ...]] = (*PPOConfig.MAY_CHANGE, "env_runners", "ray")

    algo: AlgorithmName = "rllib-ppo"
    # Env runners in other processes do not record their episodes.
    prior_refinement: tyro.conf.Suppress[Annotated[int, Range(0, 1000)]] = 0
    env_runners: Annotated[int, Range(0, 10**6)] = 2
    """Number of processes that play the games, each on one core of the cluster; 0 plays them in the training process.
    Must divide n-envs."""
    ray: str = "here"
    """Address of the Ray cluster: HOST:PORT, "auto" for the one that this machine belongs to, or "here" for one on this
    machine alone."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        if self.env_runners and self.n_envs % self.env_runners:
            raise CutOutError(f"n_envs is {self.n_envs}, but must be a multiple of env_runners, {self.env_runners}.")

    @property
    def envs_per_runner(self) -> int:
        """Number of games that each process plays in parallel."""
        return self.n_envs // max(1, self.env_runners)
