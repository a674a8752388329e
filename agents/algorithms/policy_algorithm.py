"""What PPO, A2C and behavioural cloning share: the same policy, played in the same way."""

from typing import TYPE_CHECKING

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.runs.train_config import TrainConfig

if TYPE_CHECKING:
    from cutout_rl.agents.explain.illustrated_player import IllustratedPolicyPlayer


class PolicyAlgorithm:
    """The playing half of `cutout_rl.runs.algorithms.Algorithm`.

    Modules that define a subclass are imported for their flags alone, so torch is imported inside methods.
    """

    config_type: type[PolicyConfig]

    def load_player(
        self, config: TrainConfig, run: RunFolder, deterministic: bool, device: str, seed: int = 0
    ) -> "IllustratedPolicyPlayer":
        """Load a run's best policy; see `cutout_rl.runs.algorithms.Algorithm`."""
        from stable_baselines3.common.utils import get_device

        from cutout_rl.agents.algorithms.policy_factory import make_policy, preprocess_for
        from cutout_rl.agents.explain.illustrated_player import IllustratedPolicyPlayer
        from cutout_rl.agents.training.checkpoint import load_checkpoint

        assert isinstance(config, self.config_type)
        policy = make_policy(config).to(get_device(device))
        load_checkpoint(run.best_checkpoint, policy)
        return IllustratedPolicyPlayer(policy, preprocess_for(config, policy), config.algo, deterministic, seed)
