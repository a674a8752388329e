"""Trainings with neighbouring seeds share no game, and the streams of one training are independent."""

from itertools import product
from typing import Any

import pytest

from cutout_rl.agents.algorithms.bc_config import BCConfig
from cutout_rl.agents.algorithms.dagger import Dagger
from cutout_rl.agents.algorithms.on_policy_training import make_model_with_games
from cutout_rl.agents.algorithms.policy_factory import make_policy, preprocess_for
from cutout_rl.agents.algorithms.ppo import PPO, PPOConfig
from cutout_rl.agents.training.seeds import Stream, game_seeds, generator, stream_seed
from cutout_rl.agents.training.training_state import games_of
from cutout_rl.game.game import Game

N_GAMES = 128
SMALL: dict[str, Any] = {"image_size": 32, "step_len": 6, "network": "crops", "n_envs": N_GAMES}


def games_of_ppo(seed: int) -> list[Game]:
    model = make_model_with_games(PPO().make_model, PPOConfig(**SMALL, n_steps=1, seed=seed))
    assert model.env is not None
    model.env.reset()
    return games_of(model).games


def games_of_cloning(seed: int) -> list[Game]:
    config = BCConfig(**SMALL, seed=seed)
    policy = make_policy(config)
    return Dagger(config, policy, preprocess_for(config, policy), seed)._batch.games


@pytest.mark.filterwarnings("ignore:You have specified a mini-batch")
@pytest.mark.parametrize("games_of_training", [games_of_ppo, games_of_cloning])
def test_neighbouring_seeds_share_no_game(games_of_training: Any) -> None:
    first, again, second = ({(game.sample.name, game.starts) for game in games_of_training(seed)} for seed in (0, 0, 1))
    assert len(first) == len(second) == N_GAMES
    assert first == again
    assert not first & second


def test_games_are_seeded_one_by_one() -> None:
    seeds = game_seeds(5, 1000)
    assert len({*seeds, *game_seeds(6, 1000)}) == 2000
    assert game_seeds(5, 10, first=20) == seeds[20:30]


def test_streams_of_a_training_differ() -> None:
    seeds = {stream_seed(seed, stream) for seed, stream in product(range(50), Stream)}
    assert len(seeds) == 50 * len(Stream)
    assert all(0 <= seed < 2**31 for seed in seeds)
    draws = [generator(seed, stream, *key).random() for seed, stream, key in product((0, 1), Stream, ((), (0,), (1,)))]
    assert len(set(draws)) == len(draws)
