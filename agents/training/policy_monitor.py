"""The training monitor of a policy."""

from collections.abc import Callable

from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.agents.training.monitor import TrainingMonitor
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory, held_out_images
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.runs.train_config import GameTrainConfig


class PolicyMonitor(TrainingMonitor):
    """A training monitor that validates a policy by playing the validation split, greedily and sampled."""

    def __init__(
        self,
        config: GameTrainConfig,
        run: RunFolder,
        policy: ActorCriticPolicy,
        make_preprocess: Callable[[], Preprocess],
    ) -> None:
        """Load the run's checkpoint if it has one.

        Args:
            config: the run's.
            run: the folder to write to.
            policy: the policy that is trained.
            make_preprocess: makes what turns observations into the policy's inputs. It is called for each validation,
                because object priors of the last one are out of date if the prior's network is trained too.

        Raises:
            CutOutError: the images cannot be used, or a checkpoint cannot be read or belongs to another network or run.
        """
        self._policy = policy
        self._make_preprocess = make_preprocess
        self._game_config = config
        self._factory = held_out_factory(config.game_config(), "val")
        super().__init__(config, run, policy, policy.optimizer, self._play)

    def _play(self) -> dict[str, float]:
        config = self._game_config
        row: dict[str, float] = {}
        preprocess = self._make_preprocess()
        for deterministic in (True, False):
            player = PolicyPlayer(self._policy, preprocess, config.algo, deterministic)
            result = evaluate(player, self._factory, held_out_images(self._factory, config.eval_images))
            mode = "greedy" if deterministic else "sampled"
            row |= {f"{mode}{FINAL}": result.final, f"{mode}_best": result.best}
        return row
