"""What PPO, A2C and cloning have in common: the same policy, played the same way."""

from stable_baselines3.common.utils import get_device

from agents.checkpoint import load_checkpoint
from agents.policy_config import PolicyConfig
from agents.policy_player import PolicyPlayer
from cutout_rl.run_folder import RunFolder
from cutout_rl.train_config import TrainConfig


class PolicyAlgorithm:
    """The half of `cutout_rl.algorithms.Algorithm` that plays."""

    config_type: type[PolicyConfig]

    def load_player(self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str) -> PolicyPlayer:
        """Load what a run has learnt; see `cutout_rl.algorithms.Algorithm`."""
        assert isinstance(config, self.config_type)
        policy = config.make_policy().to(get_device(device))
        load_checkpoint(run.best_checkpoint, policy)
        return PolicyPlayer(policy, config.look_of(policy), config.algo, deterministic)
