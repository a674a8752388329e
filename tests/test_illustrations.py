"""Explanations of a network: occlusion and activations against the network's own outputs."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scenes import blob_game

from cutout_rl.agents.algorithms.policy_factory import make_policy, preprocess_for
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.explain.activations import activations
from cutout_rl.agents.explain.saliency import WINDOWS, occlude
from cutout_rl.agents.networks.action_probabilities import action_probabilities
from cutout_rl.agents.networks.crop_network import PriorCropNetwork
from cutout_rl.agents.networks.object_prior import PriorCrops, find_starts
from cutout_rl.agents.networks.object_prior_net import colour_similarity, proximity
from cutout_rl.game.observation import TRAIL, ObservationKind, Observer

ACTION = 3


@pytest.mark.parametrize(
    ("kind", "network"), [("layers", "prior"), ("masked", "prior"), ("layers", "nature"), ("overlay", "nature")]
)
def test_occlusion_is_the_fall_of_the_probability_where_a_window_is_hidden(kind: ObservationKind, network: str) -> None:
    torch.manual_seed(0)
    config = PPOConfig(image_size=40, observation_size=40, observation=kind, network=network, prior="masks")  # type: ignore[arg-type]
    policy = make_policy(config)
    preprocess = preprocess_for(config, policy)
    game = blob_game(size=40, start=((20, 20), (2, 2)))
    for action in (8 + 3, 8 + 4):
        game.step(action)
    observation = Observer(kind, 40, 40, 3).observe(game)
    before = action_probabilities(policy, preprocess(observation[None]))[0, ACTION]
    falls = occlude(policy, preprocess, observation, ACTION)
    assert falls.shape == (2, 40, 40)
    side = 40 // WINDOWS // 2 * 2
    # Only one window hides the corner.
    for part, channels in enumerate((slice(0, 3), slice(3, 6))):
        hidden = observation.copy()
        corner = hidden[:side, :side, channels]
        if part == 0:
            corner[:] = observation[..., :3].mean(axis=(0, 1)).astype(np.uint8)
        else:
            corner[..., :2][corner[..., :2] == TRAIL] = 0
            corner[..., 2:] = 0
        after = action_probabilities(policy, preprocess(hidden[None]))[0, ACTION]
        assert falls[part, 0, 0] == pytest.approx(float(before - after), abs=1e-6)
    assert falls[0].any()
    assert falls[1].any() == (kind != "overlay")


def test_occlusion_averages_over_the_windows_that_hide_a_pixel() -> None:
    torch.manual_seed(0)
    config = PPOConfig(image_size=45, observation_size=45, observation="overlay", network="nature")
    policy = make_policy(config)
    preprocess = preprocess_for(config, policy)
    observation = Observer("overlay", 45, 45, 3).observe(blob_game(size=45, start=((20, 20), (2, 2))))

    def probability(observation: NDArray[np.uint8]) -> float:
        return float(action_probabilities(policy, preprocess(observation[None]))[0, ACTION])

    stride = 45 // WINDOWS // 2
    sums, counts = np.zeros((45, 45)), np.zeros((45, 45))
    for top in range(0, 45 - stride, stride):
        for left in range(0, 45 - stride, stride):
            hidden = observation.copy()
            hidden[top : top + 2 * stride, left : left + 2 * stride] = observation.mean(axis=(0, 1))
            sums[top : top + 2 * stride, left : left + 2 * stride] += probability(observation) - probability(hidden)
            counts[top : top + 2 * stride, left : left + 2 * stride] += 1
    assert counts.all()
    assert occlude(policy, preprocess, observation, ACTION)[0] == pytest.approx(sums / counts, abs=1e-7)


def test_activations_are_the_outputs_of_the_layers() -> None:
    torch.manual_seed(0)
    config = PPOConfig(image_size=64, observation_size=64)
    policy = make_policy(config)
    preprocess = preprocess_for(config, policy)
    observation = Observer("masked", 64, 64, 3).observe(blob_game(size=64))
    extractor = policy.features_extractor
    assert isinstance(extractor, PriorCropNetwork)
    assert isinstance(preprocess, PriorCrops)
    for _ in range(2):  # the second time, the object prior is cached
        layers = activations(policy, preprocess, observation)
        assert [layer.maps.shape[1:] for layer in layers] == [
            *[(8, 64, 64), (16, 32, 32), (32, 16, 16), (48, 8, 8), (64, 4, 4)],
            *[(48, 8, 8), (32, 16, 16), (16, 32, 32), (8, 64, 64)],
            *[(24, 6, 6), (32, 4, 4), (32, 3, 3)],
        ]
        image = torch.as_tensor(observation[..., :3]).permute(2, 0, 1)[None] / 255
        # The stem's two convolutions, by hand.
        starts = torch.as_tensor(find_starts(observation[None]))
        expected = torch.cat([image - 0.5, proximity(starts), colour_similarity(image, starts)], dim=1)
        for layer in next(iter(extractor.object_net._down)):  # type: ignore[arg-type]
            expected = layer(expected)
        assert layers[0].maps == pytest.approx(expected.numpy(), abs=1e-5)
        assert len(layers[-1].maps) == 2
    assert not any(module._forward_hooks for module in policy.modules())
