"""Behavioural cloning of an expert that labels the learner's states (DAgger), or of recorded demonstrations."""

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.policy_algorithm import PolicyAlgorithm
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig


class BC(PolicyAlgorithm):
    """Behavioural cloning as an entry point of `cutout_rl.agents`.

    The policy's loss is the cross-entropy to the expert's probabilities, plus the expected cost of the policy's moves
    under the expert's action values, as in AggreVaTeD (Sun et al., ICML 2017). With the cross-entropy alone, a learner
    that cannot distinguish two states would choose the move that is most often best, however much it costs otherwise.
    The value head learns the return, so that PPO can start from both (`--algo ppo --init RUN`).
    """

    config_type = BCConfig

    def train(self, config: TrainConfig, run: RunFolder) -> None:
        """Train until `config.total_timesteps` or `config.minutes`, from the run's checkpoint if it has one.

        Raises:
            CutOutError: the images or the demonstrations cannot be used, or a checkpoint cannot be read.
            KeyboardInterrupt: the user stopped the run; the checkpoint has been saved.
        """
        from cutout_rl.agents.algorithms.bc_training import train

        assert isinstance(config, BCConfig)
        train(config, run)
