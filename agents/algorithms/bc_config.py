"""The flags of cloning."""

from dataclasses import dataclass
from typing import Literal

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.utils.errors import CutOutError

Expert = Literal["tracing", "blind-tracing"]


@dataclass(frozen=True)
class BCConfig(PolicyConfig):
    """Train an agent to cut objects out of images by cloning a expert (DAgger) or recorded demonstrations."""

    algo: str = "bc"
    """Learning algorithm: ppo, a2c, bc, unet, or one that another installed package offers."""
    demonstrations: str | None = None
    """Folder of recorded episodes to clone instead of asking the expert; see `python -m cutout_rl.agents.demonstrate`."""
    expert: Expert = "blind-tracing"
    """tracing: traces the contour, errors of the mask first. blind-tracing: does not look at the mask."""
    expert_steps: int = 20_000
    """Labelled steps over which the expert's share of the moves falls from 1 to 0."""
    temperature: float = 1.0
    """Of the softmax that turns the expert's values, in pixels served, into probabilities; 0 takes the best move."""
    cost_coef: float = 0.5
    """Weight of what the learner's moves are expected to cost, in pixels served; 0 imitates only."""
    replay: int = 30_000
    """Newest labelled steps that are kept to learn from."""
    replay_ratio: float = 4.0
    """How often a labelled step is learnt from, on average."""
    batch_size: int = 128
    """Labelled steps in a gradient step."""
    total_timesteps: int = 150_000
    """Steps to label, over all games."""

    def __post_init__(self) -> None:
        """Refuse what does not fit before any image is read.

        Raises:
            CutOutError: a value does not fit.
        """
        super().__post_init__()
        self.require_at_least({"expert_steps": 0, "temperature": 0, "replay": 1, "batch_size": 1})
        if not self.replay_ratio > 0:
            raise CutOutError(f"replay_ratio is {self.replay_ratio}, but must be above 0.")
