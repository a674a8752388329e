"""The flags of behavioural cloning."""

from dataclasses import dataclass
from typing import Annotated, Literal

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.agents.algorithms.prior_config import Prior
from cutout_rl.runs.train_config import AlgorithmName
from cutout_rl.utils.ranges import Count, Range, Steps, Weight

Expert = Literal["tracing", "blind-tracing"]


@dataclass(frozen=True)
class BCConfig(PolicyConfig):
    """Train an agent to segment objects by cloning an expert (DAgger) or recorded demonstrations."""

    algo: AlgorithmName = "bc"
    prior: Prior = "masks"
    """What the object prior is learnt from (--network prior). masks: ground-truth masks of the train split, as the
    expert's moves are. reward: the masks that random strokes made and their IoUs."""
    demonstrations: str | None = None
    """Folder of recorded episodes to clone instead of the expert, or minari:ID; see `python -m
    cutout_rl.agents.demonstrate`."""
    expert: Expert = "blind-tracing"
    """tracing: traces the contour, wrong parts of the mask first. blind-tracing: traces it without using the mask."""
    expert_steps: Annotated[int, Range(0, 10**12)] = 20_000
    """Labelled steps over which the expert's share of the moves decays from 1 to 0."""
    temperature: Annotated[float, Range(0, 1000)] = 1.0
    """Temperature of the softmax that turns the expert's action values, in pixels, into target probabilities; 0 selects
    the best move."""
    cost_coef: Weight = 0.5
    """Weight of the expected cost of the policy's moves, in pixels; 0 leaves the cross-entropy alone."""
    replay: Count = 30_000
    """Capacity of the replay buffer, in labelled steps; a resumption labels them again."""
    replay_ratio: Annotated[float, Range(0, 1000, above=True)] = 4.0
    """How often each labelled step is sampled, on average."""
    batch_size: Annotated[int, Range(1, 2**16)] = 128
    """Labelled steps in a gradient step."""
    total_timesteps: Steps = 150_000
    """Steps to label, over all games."""
