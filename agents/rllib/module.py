"""The policy as an RLlib module, and its learner."""

from typing import Any

import torch
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from ray.rllib.utils.schedules.scheduler import Scheduler
from torch import Tensor

from cutout_rl.agents.algorithms.policy_config import PolicyConfig
from cutout_rl.agents.algorithms.policy_factory import make_policy, policy_space
from cutout_rl.agents.networks.asymmetric_policy import exclude_actions


class PolicyModule(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc]
    """The policy that Stable-Baselines3 trains, wrapped so that weights keep their names in both libraries.

    `model_config` holds the run's `PolicyConfig` as "config".

    Attributes:
        policy: the policy; its inputs are preprocessed observations (`preprocess_for`). Those of the module hold the
            action mask, too.
    """

    def setup(self) -> None:
        """Create the policy."""
        config = self.model_config["config"]
        assert isinstance(config, PolicyConfig)
        self._config = config
        self.policy = make_policy(config)

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        return {Columns.ACTION_DIST_INPUTS: self._logits(self._features(batch), batch)}

    def _forward_train(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        features = self._features(batch)
        return {Columns.ACTION_DIST_INPUTS: self._logits(features, batch), Columns.EMBEDDINGS: features}

    def compute_values(self, batch: dict[str, Any], embeddings: Tensor | None = None) -> Tensor:
        """Compute the (B,) values of states.

        Args:
            batch: holds the observations as "obs".
            embeddings: features of the training's forward pass. Without them the values are for the advantages, and no
                gradient is kept.
        """
        if embeddings is None:
            with torch.no_grad():
                return self._values(self._features(batch))
        return self._values(embeddings)

    def _features(self, batch: dict[str, Any]) -> Tensor:
        observed = batch[Columns.OBS]
        features = self.policy.extract_features({name: observed[name] for name in policy_space(self._config)})
        assert isinstance(features, Tensor)  # actor and critic share them
        return features

    def _logits(self, features: Tensor, batch: dict[str, Any]) -> Tensor:
        logits: Tensor = self.policy.action_net(self.policy.mlp_extractor.forward_actor(features))
        return exclude_actions(logits, batch[Columns.OBS]["mask"])

    def _values(self, features: Tensor) -> Tensor:
        values: Tensor = self.policy.value_net(self.policy.mlp_extractor.forward_critic(features))
        return values[:, 0]


class PolicyLearner(PPOTorchLearner):  # type: ignore[misc]
    """A learner with the policy's own optimizer, so that its state fits the project's checkpoints."""

    def configure_optimizers_for_module(self, module_id: str, config: Any = None) -> None:
        """Register the optimizer for the trainable weights, which exclude the object prior's."""
        policy = self._module[module_id].unwrapped().policy
        weights = [weight for weight in policy.parameters() if weight.requires_grad]
        self.register_optimizer(module_id=module_id, optimizer=policy.optimizer, params=weights, lr_or_lr_schedule=None)

    def set_rates(self, learning_rate: float, entropy_bonus: float) -> None:
        """Set the learning rate and the weight of the entropy bonus of the next update.

        RLlib's own schedules know steps, and no clock.
        """
        for group in self.module[DEFAULT_MODULE_ID].unwrapped().policy.optimizer.param_groups:
            group["lr"] = learning_rate
        self.entropy_coeff_schedulers_per_module[DEFAULT_MODULE_ID] = Scheduler(
            fixed_value_or_schedule=entropy_bonus, framework=self.framework, device=self._device
        )
