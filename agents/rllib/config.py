"""The flags of PPO by RLlib."""

from dataclasses import dataclass
from typing import ClassVar

from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.utils.errors import CutOutError


@dataclass(frozen=True)
class RLlibPPOConfig(PPOConfig):
    """Train an agent to cut objects out of images with RLlib's PPO, whose games are played on a Ray cluster."""

    MAY_CHANGE: ClassVar[tuple[str, ...]] = (*PPOConfig.MAY_CHANGE, "env_runners", "ray")

    algo: str = "rllib-ppo"
    """Learning algorithm: ppo, a2c, bc, or one that another installed package offers."""
    env_runners: int = 2
    """Processes that play the games, each on a core of the cluster, which share them evenly; 0 plays them in the
    process that learns."""
    ray: str = "here"
    """Address of the Ray cluster, HOST:PORT, "auto" for the one that this machine belongs to, or "here" for one of this
    machine alone."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before any image is read.

        Raises:
            CutOutError: a value does not fit.
        """
        super().__post_init__()
        self.require_at_least({"env_runners": 0})
        if self.env_runners and self.n_envs % self.env_runners:
            raise CutOutError(
                f"n_envs is {self.n_envs}, but must be a multiple of env_runners, {self.env_runners}, which share them."
            )

    @property
    def envs_per_runner(self) -> int:
        """How many games a process plays side by side."""
        return self.n_envs // max(1, self.env_runners)
