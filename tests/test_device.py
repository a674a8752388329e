"""Where a network runs: without a GPU one sentence; nothing of a network or its input stays behind on the CPU.

PyTorch's "meta" device stands in for a GPU: it holds no numbers, but refuses as a GPU does to mix its tensors with the
CPU's.
"""

import dataclasses
from typing import get_args

import numpy as np
import pytest
import torch
from command_line import refusal_of

from cutout_rl.agents.algorithms.policy_config import Network
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.networks.asymmetric_policy import N_PROGRESS, critic_input
from cutout_rl.agents.networks.object_prior_net import SIDE, ObjectNet

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without GPU")


@without_gpu
def test_a_gpu_that_is_not_there_is_missed_in_one_sentence() -> None:
    assert "torch finds no GPU here; take --device cpu or auto" in refusal_of(lambda: PPOConfig(device="cuda"))


@pytest.mark.parametrize("network", get_args(Network))
def test_policy_and_its_input_are_on_the_policys_device(network: Network) -> None:
    config = dataclasses.replace(PPOConfig(), network=network)
    policy = config.make_policy().to("meta")
    views = np.zeros((4, *config.view_space().shape), np.uint8)
    features = policy.extract_features(critic_input(policy, views, np.zeros((4, N_PROGRESS), np.float32)))
    actor, critic = policy.mlp_extractor(features)
    loss = policy.action_net(actor).sum() + policy.value_net(critic).sum()
    loss.backward()
    assert {p.grad.device.type for p in policy.parameters() if p.grad is not None} == {"meta"}


def test_network_of_the_object_map_makes_its_inputs_where_it_is() -> None:
    net = ObjectNet().to("meta")
    images, starts = torch.zeros((2, 3, SIDE, SIDE), device="meta"), torch.zeros((2, 2, 2))
    assert net(images, starts.to("meta")).device.type == "meta"
    with pytest.raises(RuntimeError, match="device"):  # or meta would tell nothing
        net(images, starts)
