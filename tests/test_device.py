"""Devices: an error without a GPU, and no part of a network or its input stays on the CPU.

PyTorch's "meta" device replaces a GPU: it stores no numbers, but like a GPU it rejects a mixture with the CPU's
tensors.
"""

import dataclasses
from typing import get_args

import numpy as np
import pytest
import torch
from command_line import refusal_of

from cutout_rl.agents.algorithms.policy_config import Network
from cutout_rl.agents.algorithms.policy_factory import actor_space, make_policy
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.networks.asymmetric_policy import N_PROGRESS, critic_input
from cutout_rl.agents.networks.object_prior_net import SIDE, ObjectPriorNet

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without GPU")


@without_gpu
def test_a_gpu_that_is_not_there_is_missed_in_one_sentence() -> None:
    assert "torch finds no GPU here; use --device cpu or auto" in refusal_of(lambda: PPOConfig(device="cuda"))


@pytest.mark.parametrize("network", get_args(Network))
def test_policy_and_its_input_are_on_the_policys_device(network: Network) -> None:
    config = dataclasses.replace(PPOConfig(), network=network)
    policy = make_policy(config).to("meta")
    inputs = np.zeros((4, *actor_space(config).shape), np.uint8)
    features = policy.extract_features(critic_input(policy, inputs, np.zeros((4, N_PROGRESS), np.float32)))
    actor, critic = policy.mlp_extractor(features)
    loss = policy.action_net(actor).sum() + policy.value_net(critic).sum()
    loss.backward()
    assert {p.grad.device.type for p in policy.parameters() if p.grad is not None} == {"meta"}


def test_object_prior_network_creates_its_inputs_on_its_device() -> None:
    net = ObjectPriorNet().to("meta")
    images, starts = torch.zeros((2, 3, SIDE, SIDE), device="meta"), torch.zeros((2, 2, 2))
    assert net(images, starts.to("meta")).device.type == "meta"
    with pytest.raises(RuntimeError, match="device"):  # otherwise "meta" would prove nothing
        net(images, starts)
