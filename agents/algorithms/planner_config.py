"""The flags of the planner."""

from dataclasses import dataclass
from typing import Annotated

from cutout_rl.agents.algorithms.prior_config import PriorConfig
from cutout_rl.runs.train_config import AlgorithmName
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import Count, LearningRate, Range, Share, Steps


@dataclass(frozen=True)
class PlannerConfig(PriorConfig):
    """Learn an object prior, and plan strokes that agree with it by search with the game's own cut."""

    algo: AlgorithmName = "planner"
    total_timesteps: Steps = 48_000
    """Steps of play that the object prior is refined on, over all games; none are played with --refinement 0 or --prior
    masks."""
    search_depth: Annotated[int, Range(1, 4)] = 1
    """Straight runs of one to three moves in a plan. A move takes 48 cuts at 1, and 240 at 2, beside those of
    search-tracing."""
    search_tracing: Count = 20
    """Moves in the plan of the script that traces the prior, a cut each."""
    search_discount: Share = 0.97
    """Discount per move of a plan's gain; a low one prefers plans that gain soon, but ends lower."""
    refinement: Annotated[int, Range(0, 1000)] = 16
    """Gradient steps on the object prior after each round of games (--prior reward), also with --prior-from."""
    refinement_rate: LearningRate = 1e-3
    """Initial learning rate of these steps; it decays linearly to 0."""
    exploration: Share = 0.2
    """Probability of a random move instead of the script that traces the prior, in the games that it is refined on."""

    @property
    def refines_prior(self) -> bool:
        """Whether the run plays games to refine its object prior on."""
        return self.learns_prior_from_reward and self.refinement > 0

    @property
    def learns_prior_from_reward(self) -> bool:
        """Whether the run learns its object prior from rewards, also where `prior_from` gives the initial weights."""
        return self.prior == "reward"

    def __post_init__(self) -> None:
        """Check the values, before any image is read.

        Raises:
            CutOutError: a value is invalid.
        """
        super().__post_init__()
        if self.observation not in ("layers", "masked"):
            raise CutOutError(
                f"The planner finds the start points in the pens' layers, which the observation '{self.observation}'"
                " lacks; use --observation masked."
            )
