"""The training monitor of a policy, which is validated at play."""

from functools import partial

from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.algorithms.policy_config import PolicyConfig, trained_weights
from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.agents.training.checkpoint import load_checkpoint
from cutout_rl.agents.training.monitor import TrainingMonitor
from cutout_rl.data import DataSource
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.runs.run_folder import FINAL, RunFolder


class PolicyMonitor(TrainingMonitor):
    """Validates a policy by letting it play, greedily and sampling its moves."""

    def __init__(self, config: PolicyConfig, run: RunFolder, policy: ActorCriticPolicy) -> None:
        """Take up the run's checkpoint if it has one, else the weights of the run named by `--init` if any.

        The policy of a new run has to be prepared before it plays (`prepare_policy`).

        Raises:
            CutOutError: a checkpoint cannot be read, or belongs to another network or run.
        """
        self._policy = policy
        self._policy_config = config
        self._factory = held_out_factory(config.game_config(), "val")
        super().__init__(config, run, policy, policy.optimizer, self._play)
        if self.training is None and config.init is not None:
            load_checkpoint(trained_weights(config.init), policy)
        self._preprocess = config.preprocess_for(policy)

    def prepare_policy(self, images: DataSource) -> None:
        """Teach the policy of a new run what it learns before it plays; others know it.

        Args:
            images: of the train split.

        Raises:
            CutOutError: the checkpoint that a part is taken from cannot be used.
        """
        if self.training is None and self._policy_config.init is None:
            self.prepare(partial(self._policy_config.prepare, self._policy, images))

    def _play(self) -> dict[str, float]:
        row: dict[str, float] = {}
        for deterministic in (True, False):
            player = PolicyPlayer(self._policy, self._preprocess, self._policy_config.algo, deterministic)
            result = evaluate(player, self._factory, self._policy_config.eval_images)
            way = "greedy" if deterministic else "sampled"
            row |= {f"{way}{FINAL}": result.final, f"{way}_best": result.best}
        return row
