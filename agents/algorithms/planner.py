"""Model-based play: an object prior learnt from rewards, and search for strokes whose mask agrees with it."""

from typing import TYPE_CHECKING

from cutout_rl.agents.algorithms.planner_config import PlannerConfig
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig

if TYPE_CHECKING:
    from cutout_rl.agents.planning.planning_player import PlanningPlayer


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
        return make_player(config, network.object_net)
