"""Refinement of the object prior by the rewards of the agent's own episodes."""

from typing import Final

from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from cutout_rl.agents.algorithms.on_policy_config import OnPolicyConfig
from cutout_rl.agents.algorithms.prior_factory import make_prior_learner
from cutout_rl.agents.networks.crop_network import PriorCropNetwork
from cutout_rl.agents.networks.object_prior import PriorCrops
from cutout_rl.agents.training.asymmetric_vec_env import AsymmetricVecEnv
from cutout_rl.agents.training.reward_prior import RewardPriorLearner

REFINEMENT_INTERVAL: Final = 2048  # steps of play between two refinements, at least a rollout
_RATE: Final = 1e-3  # initial learning rate


class PriorRefinement:
    """Trains the object prior between rollouts, on the episodes that the games play.

    The priors of the running episodes are predicted anew afterwards, so that they depend on the weights alone.

    Attributes:
        learner: of the prior.
    """

    def __init__(self, config: OnPolicyConfig, model: OnPolicyAlgorithm) -> None:
        """Create the learner for a new model."""
        assert isinstance(model.env, AsymmetricVecEnv)
        extractor = model.policy.features_extractor
        assert isinstance(extractor, PriorCropNetwork)
        self._config = config
        self._model = model
        self._env = model.env
        self.start(make_prior_learner(config, extractor.object_net))

    def start(self, learner: RewardPriorLearner) -> None:
        """Continue with a learner, and record the games into its episodes."""
        self.learner = learner
        self._env.recorder = learner.record(self._config.n_envs, self._config.step_count)

    def refine(self, before: int, now: int, done: float) -> float | None:
        """Make the gradient steps that are due after a rollout.

        Args:
            before: steps of play before the rollout.
            now: steps of play after it.
            done: the completed share of the training, in [0, 1].

        Returns:
            The mean loss; None if no steps are due.
        """
        steps = (now // REFINEMENT_INTERVAL - before // REFINEMENT_INTERVAL) * self._config.prior_refinement
        if steps == 0:
            return None
        loss = self.learner.learn(steps, _RATE * (1 - done))
        assert isinstance(self._env.preprocess, PriorCrops)
        self._env.preprocess.priors.forget()
        self._model._last_obs = self._env.observe()
        return loss
