"""The policy as RLlib's learner and env runners want it."""

from typing import Any

import torch
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor

from cutout_rl.agents.algorithms.policy_config import PolicyConfig


class PolicyModule(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc]
    """The very policy that Stable-Baselines3 trains, so that weights go from one to the other by their names.

    Its `model_config` holds the run's `PolicyConfig` as "config".

    Attributes:
        policy: which is trained; takes what the config's `preprocess_for` gives.
    """

    def setup(self) -> None:
        """Make the policy."""
        config = self.model_config["config"]
        assert isinstance(config, PolicyConfig)
        self.policy = config.make_policy()

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        return {Columns.ACTION_DIST_INPUTS: self._logits(self._features(batch))}

    def _forward_train(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        features = self._features(batch)
        return {Columns.ACTION_DIST_INPUTS: self._logits(features), Columns.EMBEDDINGS: features}

    def compute_values(self, batch: dict[str, Any], embeddings: Tensor | None = None) -> Tensor:
        """Compute the (B,) values of states.

        Args:
            batch: holds what the policy takes as "obs".
            embeddings: the features that the training's forward pass made of it; without them no gradient is kept, for
                then the values are for the advantages.
        """
        if embeddings is None:
            with torch.no_grad():
                return self._values(self._features(batch))
        return self._values(embeddings)

    def _features(self, batch: dict[str, Any]) -> Tensor:
        features = self.policy.extract_features(batch[Columns.OBS])
        assert isinstance(features, Tensor)  # actor and critic share them
        return features

    def _logits(self, features: Tensor) -> Tensor:
        logits: Tensor = self.policy.action_net(self.policy.mlp_extractor.forward_actor(features))
        return logits

    def _values(self, features: Tensor) -> Tensor:
        values: Tensor = self.policy.value_net(self.policy.mlp_extractor.forward_critic(features))
        return values[:, 0]


class PolicyLearner(PPOTorchLearner):  # type: ignore[misc]
    """Learns by the policy's own optimizer, whose state then fits the project's checkpoints."""

    def configure_optimizers_for_module(self, module_id: str, config: Any = None) -> None:
        """Register it, for the weights that are to be learnt: the map of the object is not."""
        policy = self._module[module_id].unwrapped().policy
        weights = [weight for weight in policy.parameters() if weight.requires_grad]
        self.register_optimizer(
            module_id=module_id, optimizer=policy.optimizer, params=weights, lr_or_lr_schedule=config.lr
        )
