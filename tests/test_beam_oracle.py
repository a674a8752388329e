"""The beam oracle: its moves reach the planned IoU, and it beats players with a shorter horizon."""

import numpy as np
import pytest
from scenes import blob_game

from cutout_rl.agents.baselines.oracle import OneStepOracle
from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.planning.beam_oracle import BeamOracle
from cutout_rl.agents.planning.beam_search import BeamSearch
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.game.config import GameConfig
from cutout_rl.game.rules import N_MOVES

NO_OBSERVATIONS = np.zeros((0, 32, 32, 5), np.uint8)


@pytest.mark.parametrize("seed", range(3))
def test_leaves_the_game_alone_and_repeats_itself(seed: int) -> None:
    game = blob_game(seed=seed, void=seed == 1)
    before = game.copy()
    first, again = (BeamOracle().act(NO_OBSERVATIONS, [game, game]) for _ in range(2))
    assert first.tolist() == again.tolist()
    assert first[0] == first[1]
    assert np.array_equal(game.labels, before.labels)
    assert game.heads == before.heads
    assert (game.step_count, game.iou, game.best_iou) == (before.step_count, before.iou, before.best_iou)


@pytest.mark.parametrize("seed", range(3))
def test_with_one_move_left_it_is_the_one_step_oracle(seed: int) -> None:
    def play(move: int) -> float:
        game = blob_game(seed=seed, step_count=1)
        return game.step(move).info["iou"]

    (move,) = BeamOracle().act(NO_OBSERVATIONS, [blob_game(seed=seed, step_count=1)])
    assert play(int(move)) == max(play(other) for other in range(N_MOVES))


@pytest.mark.parametrize("seed", range(3))
def test_first_move_leads_to_what_the_best_straight_run_reaches(seed: int) -> None:
    def best_run(move: int) -> float:
        game = blob_game(64, seed)
        return max(game.step(move).info["iou"] for _ in range(BeamSearch.run))

    game = blob_game(64, seed, step_count=12)
    oracle = BeamOracle()
    while game.step_count < 2 * BeamSearch.run:
        game.step(int(oracle.act(NO_OBSERVATIONS, [game])[0]))
    assert game.best_iou is not None
    assert game.best_iou >= max(best_run(move) for move in range(N_MOVES))


@pytest.mark.slow
def test_ends_above_the_one_step_oracle_and_the_expert_on_faces() -> None:
    factory = held_out_factory(GameConfig(step_len=18, step_count=30), "test")
    beam, greedy, expert = (
        evaluate(player, factory, range(8)).final for player in (BeamOracle(), OneStepOracle(), TracingExpert())
    )
    assert beam > max(greedy, expert)
