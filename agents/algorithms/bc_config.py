"""The flags of behavioural cloning."""

from dataclasses import dataclass
from typing import Literal

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.runs.train_config import AlgorithmName
from cutout_rl.utils.errors import CutOutError

Expert = Literal["tracing", "blind-tracing"]


@dataclass(frozen=True)
class BCConfig(PolicyConfig):
    """Train an agent to segment objects by cloning an expert (DAgger) or recorded demonstrations."""

    algo: AlgorithmName = "bc"
    demonstrations: str | None = None
    """Folder of recorded episodes to clone instead of the expert; see `python -m cutout_rl.agents.demonstrate`."""
    expert: Expert = "blind-tracing"
    """tracing: traces the contour, wrong parts of the mask first. blind-tracing: traces it without using the mask."""
    expert_steps: int = 20_000
    """Labelled steps over which the expert's share of the moves decays from 1 to 0."""
    temperature: float = 1.0
    """Temperature of the softmax that turns the expert's action values, in pixels, into target probabilities; 0 selects
    the best move."""
    cost_coef: float = 0.5
    """Weight of the expected cost of the policy's moves, in pixels; 0 leaves the cross-entropy alone."""
    replay: int = 30_000
    """Capacity of the replay buffer, in labelled steps."""
    replay_ratio: float = 4.0
    """How often each labelled step is sampled, on average."""
    batch_size: int = 128
    """Labelled steps in a gradient step."""
    total_timesteps: int = 150_000
    """Steps to label, over all games."""

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        self.require_at_least({"expert_steps": 0, "temperature": 0, "replay": 1, "batch_size": 1})
        if not self.replay_ratio > 0:
            raise CutOutError(f"replay_ratio is {self.replay_ratio}, but must be above 0.")
