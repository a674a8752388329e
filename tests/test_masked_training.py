"""PPO learns from the moves that its agent plays with: those that mark a pixel."""

from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3.common.buffers import DictRolloutBuffer

from cutout_rl.agents.algorithms.on_policy_training import make_model_with_games
from cutout_rl.agents.algorithms.policy_config import Network
from cutout_rl.agents.algorithms.ppo import PPO, PPOConfig
from cutout_rl.agents.networks.asymmetric_policy import AsymmetricPolicy

SMALL: dict[str, Any] = {"image_size": 48, "observation_size": 48, "step_len": 6}
TRAINING: dict[str, Any] = {"n_envs": 4, "n_steps": 32, "batch_size": 64, "device": "cpu"}


@pytest.mark.parametrize("network", ["crops", "nature"])
@pytest.mark.parametrize("stop_action", [False, True])
def test_ppo_collects_and_weighs_no_move_that_marks_nothing(network: Network, stop_action: bool) -> None:
    config = PPOConfig(network=network, stop_action=stop_action, **SMALL, **TRAINING)
    model = make_model_with_games(PPO().make_model, config)
    model.learn(2 * config.n_envs * config.n_steps)
    rollout, policy = model.rollout_buffer, model.policy
    assert isinstance(rollout, DictRolloutBuffer)
    assert isinstance(policy, AsymmetricPolicy)
    masks = rollout.observations["mask"].reshape(-1, 16 + stop_action)
    moves = rollout.actions.reshape(-1).astype(int)
    assert (masks == 0).sum() > 50
    assert masks[np.arange(len(moves)), moves].all()
    tensors = {
        name: torch.as_tensor(array.reshape(len(moves), *model.observation_space[name].shape))
        for name, array in rollout.observations.items()
    }
    with torch.no_grad():
        distribution = policy.get_distribution(tensors).distribution
        _, log_prob, entropy = policy.evaluate_actions(tensors, torch.as_tensor(moves))
    assert (distribution.probs[torch.as_tensor(masks == 0)] == 0).all()
    assert torch.allclose(log_prob, distribution.log_prob(torch.as_tensor(moves)))
    assert entropy is not None
    assert torch.isfinite(entropy).all()
    assert torch.isfinite(log_prob).all()
    assert all(torch.isfinite(weights).all() for weights in policy.parameters())
