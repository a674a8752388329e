"""PPO by RLlib (Liang et al., ICML 2018), as `--algo rllib-ppo`."""

from cutout_rl.agents.algorithms.policy_algorithm import PolicyAlgorithm
from cutout_rl.agents.rllib.config import RLlibPPOConfig
from cutout_rl.agents.training.ray_cluster import connect
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig


class RLlibPPO(PolicyAlgorithm):
    """RLlib's PPO as an entry point of `cutout_rl.agents`; whoever only plays needs no Ray."""

    config_type = RLlibPPOConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Learn until `config.total_timesteps` or for `config.minutes`, going on from the run's checkpoint if any.

        Raises:
            CutOutError: Ray is not installed, no cluster answers, the images cannot be used, or a checkpoint cannot be
                read.
            KeyboardInterrupt: the user stopped it, after the checkpoint was saved.
        """
        assert isinstance(config, RLlibPPOConfig)
        connect(config.ray)
        from cutout_rl.agents.rllib.training import train  # Ray need not be installed by those who only play

        train(config, run)
