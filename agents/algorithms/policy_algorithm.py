"""What PPO, A2C and cloning have in common: the same policy, played the same way."""

from stable_baselines3.common.utils import get_device

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.agents.explain.illustrated_player import IllustratedPolicyPlayer
from cutout_rl.agents.training.checkpoint import load_checkpoint
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig


class PolicyAlgorithm:
    """The half of `cutout_rl.runs.algorithms.Algorithm` that plays."""

    config_type: type[PolicyConfig]

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str
    ) -> IllustratedPolicyPlayer:
        """Load what a run has learnt; see `cutout_rl.runs.algorithms.Algorithm`."""
        assert isinstance(config, self.config_type)
        policy = config.make_policy().to(get_device(device))
        load_checkpoint(run.best_checkpoint, policy)
        return IllustratedPolicyPlayer(policy, config.preprocess_for(policy), config.algo, deterministic)
