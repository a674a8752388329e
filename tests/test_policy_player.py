"""A policy as a player: it acts by its probabilities, and avoids moves that would label no pixel."""

import numpy as np
import pytest
import torch
from scenes import blob_game
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.algorithms.policy_factory import make_policy, preprocess_for
from cutout_rl.agents.algorithms.ppo import PPOConfig
from cutout_rl.agents.networks.policy_player import PolicyPlayer
from cutout_rl.game.game import Game
from cutout_rl.game.observation import Observer

OBSERVER = Observer("masked", 32, 32, 3)


def policy_with(probabilities: dict[int, float], stop_action: bool = False) -> tuple[ActorCriticPolicy, PPOConfig]:
    """Create a policy with these probabilities in every state, and about 0 for the other actions."""
    config = PPOConfig(image_size=32, observation_size=32, stop_action=stop_action)
    policy = make_policy(config)
    assert isinstance(policy.action_net, torch.nn.Linear)
    with torch.no_grad():
        policy.action_net.weight.zero_()
        policy.action_net.bias.fill_(-30)
        for action, probability in probabilities.items():
            policy.action_net.bias[action] = np.log(probability)
    return policy, config


def player_with(probabilities: dict[int, float], deterministic: bool, stop_action: bool = False) -> PolicyPlayer:
    policy, config = policy_with(probabilities, stop_action)
    return PolicyPlayer(policy, preprocess_for(config, policy), "made up", deterministic)


def act(player: PolicyPlayer, games: list[Game]) -> list[int]:
    actions: list[int] = player.act(np.stack([OBSERVER.observe(game) for game in games]), games).tolist()
    return actions


def test_greedy_play_takes_the_likeliest_and_sampled_play_draws() -> None:
    games = [blob_game()] * 2000
    probabilities = {2: 0.5, 4: 0.3, 12: 0.2}
    assert act(player_with(probabilities, deterministic=True), games) == [2] * 2000
    drawn = act(player_with(probabilities, deterministic=False), games)
    assert {action: drawn.count(action) / 2000 for action in set(drawn)} == pytest.approx(probabilities, abs=0.05)


def test_what_draws_nothing_gives_way_to_the_next_that_draws() -> None:
    player = player_with({0: 0.7, 4: 0.2, 10: 0.1}, deterministic=True)
    game = blob_game(start=((16, 16), (0, 0)), step_len=10)
    made = []
    for _ in range(5):
        (action,) = act(player, [game])
        made.append(action)
        game.step(action)
    # Two moves north to the border; then three moves east of the outside pen along the northern edge.
    assert made == [0, 0, 10, 10, 10]


@pytest.mark.parametrize("deterministic", [True, False], ids=["greedy", "sampled"])
@pytest.mark.parametrize("seed", range(3))
def test_every_move_marks_a_pixel(deterministic: bool, seed: int) -> None:
    torch.manual_seed(seed)
    config = PPOConfig(image_size=32, observation_size=32)
    policy = make_policy(config)
    player = PolicyPlayer(policy, preprocess_for(config, policy), "untrained", deterministic, seed)
    game = blob_game(seed=seed, step_count=30, step_len=5)
    while not game.done:
        before = int((game.labels > 0).sum())
        (action,) = act(player, [game])
        game.step(action)
        assert (game.labels > 0).sum() > before


@pytest.mark.parametrize("deterministic", [True, False], ids=["greedy", "sampled"])
def test_where_nothing_is_left_to_draw_any_move_is_made(deterministic: bool) -> None:
    game = blob_game()
    game.labels[:] = 1
    assert act(player_with({3: 1.0}, deterministic), [game]) == [3]


@pytest.mark.parametrize("deterministic", [True, False], ids=["greedy", "sampled"])
def test_stopping_is_never_excluded(deterministic: bool) -> None:
    assert act(player_with({16: 1.0}, deterministic, stop_action=True), [blob_game()]) == [16]


def test_action_estimates_are_its_probabilities() -> None:
    player = player_with({0: 0.7, 4: 0.2, 10: 0.1}, deterministic=True)
    # At the northern edge the inside pen cannot go north.
    game = blob_game(start=((0, 16), (31, 0)))
    estimates = player.estimate_actions(OBSERVER.observe(game)[None], [game])
    assert estimates.probabilities.shape == (1, 16)
    assert estimates.probabilities.sum() == pytest.approx(1)
    assert estimates.probabilities[0, [0, 4, 10]] == pytest.approx([0, 2 / 3, 1 / 3], abs=1e-6)
    assert act(player, [game]) == [estimates.probabilities[0].argmax()]


def test_its_value_is_the_critics() -> None:
    policy, config = policy_with({0: 1.0})
    with torch.no_grad():
        policy.value_net.weight.zero_()
        policy.value_net.bias.fill_(0.25)
    player = PolicyPlayer(policy, preprocess_for(config, policy), "made up", deterministic=True)
    games = [blob_game(seed=seed) for seed in range(3)]
    estimates = player.estimate_actions(np.stack([OBSERVER.observe(game) for game in games]), games)
    assert estimates.values == pytest.approx([0.25] * 3)
