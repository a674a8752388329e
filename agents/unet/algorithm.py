"""The U-Net as an entry point, with the flags, folders and tables of the algorithms that play."""

import shlex
from typing import TYPE_CHECKING, NoReturn

from cutout_rl.agents.unet.config import UNetConfig
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig
from cutout_rl.utils.errors import CutOutError

if TYPE_CHECKING:
    from cutout_rl.agents.unet.predictor import UNetPredictor


class UNet:
    """Supervised segmentation as an entry point of `cutout_rl.agents`, a `MaskAlgorithm`.

    This module is imported for the flags alone, so torch is imported inside methods.
    """

    config_type = UNetConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Train on `config.total_timesteps` images or for `config.minutes`, from the run's checkpoint if it has one.

        Raises:
            CutOutError: the images or the encoder's weights cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped the run; the checkpoint has been saved.
        """
        from cutout_rl.agents.unet.training import train

        assert isinstance(config, UNetConfig)
        train(config, run)

    def load_predictor(self, config: TrainConfig, run: RunFolder, device: str) -> "UNetPredictor":
        """Load a run's best network; see `cutout_rl.runs.algorithms.MaskAlgorithm`."""
        from cutout_rl.agents.training.checkpoint import load_checkpoint
        from cutout_rl.agents.unet.network import make_network
        from cutout_rl.agents.unet.predictor import UNetPredictor

        assert isinstance(config, UNetConfig)
        network = make_network(config, device)
        load_checkpoint(run.best_checkpoint, network)
        return UNetPredictor(network, config.algo)

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str, seed: int = 0
    ) -> NoReturn:
        """Raise an error, as a U-Net makes no moves.

        Raises:
            CutOutError: always.
        """
        raise CutOutError(
            f"{run.path} is a run of {config.algo}, which predicts masks and draws no strokes; compare it with agents"
            f" by python -m cutout_rl.evaluate {shlex.quote(str(run.path))}."
        )
