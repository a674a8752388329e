"""The critic receives the IoU and the steps left; the actor does not."""

from typing import get_args

import numpy as np
import pytest
import torch
from scenes import blob_game
from torch import nn

from cutout_rl.agents.algorithms.policy_config import Network
from cutout_rl.agents.algorithms.policy_factory import actor_space, make_policy
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.networks.asymmetric_policy import AsymmetricPolicy, progress_of
from cutout_rl.agents.networks.crop_network import PriorCropNetwork


def tiny_policy(network: Network = "prior") -> AsymmetricPolicy:
    torch.manual_seed(0)
    policy = make_policy(PPOConfig(network=network))
    assert isinstance(policy, AsymmetricPolicy)
    return policy


@pytest.mark.parametrize("network", get_args(Network))
def test_progress_moves_the_value_and_no_probability(network: Network) -> None:
    policy = tiny_policy(network)
    crops = torch.randint(0, 256, (3, *actor_space(PPOConfig(network=network)).shape), dtype=torch.uint8)
    early, late = torch.tensor([[0.1, 1.0]] * 3), torch.tensor([[0.9, 0.1]] * 3)
    with torch.no_grad():
        alone = policy.get_distribution(crops).distribution.logits
        observations = [{"actor": crops, "progress": progress} for progress in (early, late)]
        values = [policy.predict_values(one) for one in observations]
        logits = [policy.get_distribution(one).distribution.logits for one in observations]
    assert torch.equal(logits[0], logits[1])
    assert torch.equal(logits[0], alone)
    assert not torch.allclose(values[0], values[1], atol=1e-4)


def test_critics_of_all_networks_differ_in_what_the_actor_sees_alone() -> None:
    policies = [tiny_policy(network) for network in get_args(Network)]
    critics = [[width.out_features for width in heads(policy)] for policy in policies]
    assert critics[0] == critics[1] == critics[2]
    assert all("progress" in policy.observation_space.spaces for policy in policies)  # type: ignore[attr-defined]


def heads(policy: AsymmetricPolicy) -> list[nn.Linear]:
    modules = [*policy.mlp_extractor.modules(), policy.value_net]
    return [module for module in modules if isinstance(module, nn.Linear)]


@pytest.mark.parametrize("network", ["crops", "prior"])
def test_a_critic_of_its_own_shares_no_weight_with_the_actor(network: Network) -> None:
    config = PPOConfig(network=network, critic="own")
    policy = make_policy(config)
    crops = torch.randint(0, 256, (3, *actor_space(config).shape), dtype=torch.uint8)
    observations = {"actor": crops, "progress": torch.rand(3, 2)}

    def trained_by(output: torch.Tensor) -> set[str]:
        policy.zero_grad()
        torch.autograd.backward(output.sum())
        return {name for name, weight in policy.named_parameters() if weight.grad is not None and weight.grad.any()}

    values = trained_by(policy.predict_values(observations))
    moves = trained_by(policy.get_distribution(observations).distribution.logits.square())
    assert values
    assert moves
    assert not values & moves
    trainable = {name for name, weight in policy.named_parameters() if weight.requires_grad}
    assert values | moves == trainable


def test_layers_are_as_wide_as_asked_for() -> None:
    policy = tiny_policy()
    narrow = AsymmetricPolicy(
        policy.observation_space,
        policy.action_space,
        lambda _: 0.0,
        net_arch={"pi": [8, 24], "vf": [16]},
        features_extractor_class=PriorCropNetwork,
    )
    assert (narrow.action_net.in_features, narrow.value_net.in_features) == (24, 16)
    assert (policy.action_net.in_features, policy.value_net.in_features) == (128, 128)


def test_progress_is_the_iou_and_the_share_of_moves_left() -> None:
    game, blind = blob_game(step_count=4), blob_game(reward="end", step_count=4)
    for played in (game, blind):
        played.step(0)
    assert np.allclose(progress_of([game, blind]), [(game.iou, 0.75), (0, 0.75)])
