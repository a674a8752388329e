"""The flags that PPO and A2C share, and the games that follow from them."""

from dataclasses import dataclass
from typing import Any

from stable_baselines3.common.vec_env import VecEnv, VecTransposeImage

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.agents.networks.asymmetric_vec_env import AsymmetricVecEnv
from cutout_rl.agents.training.sb3_vec_env import CutOutVecEnv, FixedHorizon


@dataclass(frozen=True)
class OnPolicyConfig(PolicyConfig):
    """Train an agent to cut objects out of images."""

    n_steps: int = 64
    """Steps of every game between two updates."""
    gae_lambda: float = 0.95
    """Bias against variance of the advantages (Schulman et al., ICLR 2016)."""
    ent_coef: float = 0.003
    """Weight of the entropy bonus at the beginning; it falls to 0 towards the end."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before any image is read.

        Raises:
            CutOutError: a value does not fit.
        """
        super().__post_init__()
        self.require_at_least({"n_steps": 1})

    def model_kwargs(self) -> dict[str, Any]:
        """Give the arguments that the SB3 models of both algorithms take."""
        return {
            "policy": self.policy_class(),
            "policy_kwargs": self.policy_kwargs(),
            "learning_rate": self._learning_rate,
            "n_steps": self.n_steps,
            "gamma": self.gamma,
            "gae_lambda": self.gae_lambda,
            "ent_coef": self.ent_coef,
            "vf_coef": self.vf_coef,
            "max_grad_norm": self.max_grad_norm,
            "seed": self.seed,
            "device": self.device,
        }

    def _learning_rate(self, remaining: float) -> float:
        return self.learning_rate * remaining

    def make_env(self, threads: int | None = None) -> VecEnv:
        """Make the games to train on, as the network sees them; `threads` as in `CutOutVecEnv`."""
        games = FixedHorizon(CutOutVecEnv(self.game_config(), self.n_envs, threads))
        return VecTransposeImage(games) if self.network == "nature" else AsymmetricVecEnv(games, self.view_space())
