"""PPO by RLlib (Liang et al., ICML 2018): `--algo rllib-ppo`."""

from cutout_rl.agents.algorithms.policy_algorithm import PolicyAlgorithm
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.training.ray_cluster import connect
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig


class RLlibPPO(PolicyAlgorithm):
    """RLlib's PPO as an entry point of `cutout_rl.agents`; playing does not need Ray."""

    config_type = RLlibPPOConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Train until `config.total_timesteps` or `config.minutes`, from the run's checkpoint if it has one.

        Raises:
            CutOutError: Ray is not installed, no cluster answers, the images cannot be used, or a checkpoint cannot be
                read.
            KeyboardInterrupt: the user stopped the run; the checkpoint has been saved.
        """
        assert isinstance(config, RLlibPPOConfig)
        connect(config.ray)
        from cutout_rl.agents.rllib.training import train

        train(config, run)
