"""The interactive network as an entry point."""

from typing import TYPE_CHECKING

from cutout_rl.agents.interactive.config import InteractiveConfig
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig

if TYPE_CHECKING:
    from cutout_rl.agents.interactive.player import InteractivePlayer


class Interactive:
    """The interactive network and its planner as an entry point of `cutout_rl.agents`.

    This module is imported for the flags alone, so torch is imported inside methods.
    """

    config_type = InteractiveConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Train on `config.total_timesteps` crops or for `config.minutes`, from the run's checkpoint if it has one.

        Raises:
            CutOutError: the images or the initial weights cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped the run; the checkpoint has been saved.
        """
        from cutout_rl.agents.interactive.training import train

        assert isinstance(config, InteractiveConfig)
        train(config, run)

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str, seed: int = 0
    ) -> "InteractivePlayer":
        """Load a run's player, which samples nothing; see `cutout_rl.runs.algorithms.Algorithm`."""
        from stable_baselines3.common.utils import get_device

        from cutout_rl.agents.interactive.network import InteractiveNet
        from cutout_rl.agents.interactive.player import make_player
        from cutout_rl.agents.training.checkpoint import load_checkpoint

        assert isinstance(config, InteractiveConfig)
        network = InteractiveNet().to(get_device(device))
        load_checkpoint(run.best_checkpoint, network)
        return make_player(config, network)
