"""Model-based play: an object prior learnt from rewards, and search on the cut for strokes that agree with it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cutout_rl.agents.algorithms.prior_config import PriorConfig
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import AlgorithmName, TrainConfig
from cutout_rl.utils.errors import CutOutError
from cutout_rl.utils.ranges import LearningRate, Range, Share

if TYPE_CHECKING:
    from cutout_rl.agents.planning.planning_player import PlanningPlayer


@dataclass(frozen=True)
class PlannerConfig(PriorConfig):
    """Learn an object prior, and plan strokes that agree with it by search on the cut."""

    algo: AlgorithmName = "planner"
    search_depth: Annotated[int, Range(1, 4)] = 1
    """Straight runs of one to three moves in a plan. A move takes 48 cuts at 1, and 240 at 2."""
    search_discount: Share = 0.9
    """Discount per move of a plan's gain; below 1 it prefers plans that gain soon."""
    refinement: Annotated[int, Range(0, 1000)] = 16
    """Gradient steps on the object prior after each round of games (--prior reward)."""
    refinement_rate: LearningRate = 1e-3
    """Initial learning rate of these steps; it decays linearly to 0."""
    exploration: Share = 0.2
    """Probability of a random move instead of the script that traces the prior, in the games that it is refined on."""

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


class Planner:
    """The planner as an entry point of `cutout_rl.agents`."""

    config_type = PlannerConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Train until `config.total_timesteps` or `config.minutes`, from the run's checkpoint if it has one.

        Raises:
            CutOutError: the images cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped the run; the checkpoint has been saved.
        """
        from cutout_rl.agents.algorithms.planner_training import train

        assert isinstance(config, PlannerConfig)
        train(config, run)

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str, seed: int = 0
    ) -> "PlanningPlayer":
        """Load a run's planner, which samples nothing; see `cutout_rl.runs.algorithms.Algorithm`."""
        from stable_baselines3.common.utils import get_device

        from cutout_rl.agents.algorithms.planner_training import PlannerNetwork, make_player
        from cutout_rl.agents.training.checkpoint import load_checkpoint

        assert isinstance(config, PlannerConfig)
        network = PlannerNetwork().to(get_device(device))
        load_checkpoint(run.best_checkpoint, network)
        return make_player(config, network)
