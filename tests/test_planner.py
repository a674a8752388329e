"""The planner acts on its prior alone, stops when nothing helps, and resumes bit for bit."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scenes import blob_game
from test_resume import learnt, make_run

from cutout_rl.agents.algorithms import planner_training
from cutout_rl.agents.algorithms.planner import Planner
from cutout_rl.agents.algorithms.planner_config import PlannerConfig
from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.agents.networks.object_prior import EpisodePriors, priors_of
from cutout_rl.agents.networks.object_prior_net import ObjectPriorNet, predict_priors
from cutout_rl.agents.planning.beam_search import BeamSearch
from cutout_rl.agents.planning.planning_player import PlanningPlayer
from cutout_rl.agents.planning.prior_players import PriorCut, PriorThreshold, TracingPlayer
from cutout_rl.agents.training.checkpoint import part_of, read_checkpoint
from cutout_rl.evaluation.comparison import load_players
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.game.observation import Observer
from cutout_rl.game.reward import intersection_over_union
from cutout_rl.game.rules import STOP

SIZE = 48
LAST = "last.safetensors"
OBSERVER = Observer("masked", SIZE, SIZE, 3)
CONFIG = PlannerConfig(
    image_size=32,
    observation_size=32,
    step_len=6,
    step_count=5,
    prior_episodes=4,
    prior_steps=1,
    refinement=1,
    n_envs=2,
    eval_every=20,
    eval_images=2,
    total_timesteps=40,
)


class FixedPriors(EpisodePriors):
    """Priors that are given."""

    def __init__(self, priors: list[NDArray[np.uint8]]) -> None:
        super().__init__(partial(predict_priors, ObjectPriorNet()))
        self._given = np.stack(priors)

    def __call__(self, observations: NDArray[np.uint8]) -> NDArray[np.uint8]:
        assert len(observations) == len(self._given)
        return self._given


def planner_on(masks: list[NDArray[np.bool_]]) -> PlanningPlayer:
    return planner(FixedPriors([mask.astype(np.uint8) * 255 for mask in masks]))


def planner(priors: EpisodePriors) -> PlanningPlayer:
    return PlanningPlayer(priors, BeamSearch(depth=1), PriorCut(priors))


def play_out(player: Any, game: Game) -> list[int]:
    moves: list[int] = []
    while not game.done:
        (move,) = player.act(OBSERVER.observe(game)[None], [game])
        moves.append(int(move))
        if move == STOP:
            break
        game.step(int(move))
    return moves


@pytest.mark.parametrize("seed", range(3))
def test_a_game_with_a_belief_has_the_strokes_and_the_cut_of_the_game(seed: int) -> None:
    game, rng = blob_game(SIZE, seed, reward="end"), np.random.default_rng(seed)
    for _ in range(4):
        game.step(int(rng.integers(16)))
    belief = rng.random((SIZE, SIZE)) < 0.5
    believing = game.believing(belief)
    assert np.array_equal(believing.mask, game.mask)
    assert believing.iou == intersection_over_union(game.mask, belief, np.zeros_like(belief))
    move = int(rng.integers(16))
    game.step(move)
    believing.step(move)
    assert np.array_equal(believing.mask, game.mask)
    assert (believing.heads, believing.step_count) == (game.heads, game.step_count)


@pytest.mark.parametrize("player", ["planner", "tracing"])
def test_moves_do_not_depend_on_the_truth(player: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net, game = ObjectPriorNet(), blob_game(SIZE, 1)
    lying = replace(game.sample, mask=np.roll(~game.sample.mask, 5, axis=0), void=game.sample.mask)

    def moves(sample: Any) -> list[int]:
        players = {
            "planner": planner(priors_of(net)),
            "tracing": TracingPlayer(priors_of(net)),
        }
        return play_out(players[player], Game(sample, game.starts, game.settings))

    assert moves(game.sample) == moves(lying)


def test_the_cut_of_a_prior_does_not_depend_on_the_truth() -> None:
    torch.manual_seed(0)
    net, game = ObjectPriorNet(), blob_game(SIZE, 1)
    lying = replace(game.sample, mask=np.roll(~game.sample.mask, 5, axis=0), void=game.sample.mask)
    games = [game, Game(lying, game.starts, game.settings)]
    told, lied = PriorCut(priors_of(net)).predict_games(np.stack([OBSERVER.observe(g) for g in games]), games)
    assert np.array_equal(told, lied)


def test_the_cut_finds_the_contour_that_a_coarse_prior_has_lost() -> None:
    factory = held_out_factory(GameConfig(image_size=128, observation_size=64), "val")
    games = [factory.new_game(np.random.default_rng((0, index)), index) for index in range(6)]
    coarse = [cv2.resize(game.sample.mask.astype(np.float32), (16, 16), interpolation=cv2.INTER_AREA) for game in games]
    priors = FixedPriors([np.rint(mask * 255).astype(np.uint8) for mask in coarse])
    observations = np.stack([factory.observer.observe(game) for game in games])

    def ious(masks: NDArray[np.bool_]) -> NDArray[np.float64]:
        truth = [(game.sample.mask, game.sample.void) for game in games]
        return np.array([intersection_over_union(mask, *known) for mask, known in zip(masks, truth, strict=True)])

    alone = ious(PriorThreshold(priors).predict_games(observations, games))
    assert ious(PriorCut(priors).predict_games(observations, games)).mean() > alone.mean() + 0.005


def test_with_the_true_prior_it_beats_the_expert_and_stops() -> None:
    finals, experts, lengths = [], [], []
    for seed in range(4):
        game, other = blob_game(SIZE, seed, step_count=20), blob_game(SIZE, seed, step_count=20)
        lengths.append(len(play_out(planner_on([game.sample.mask]), game)))
        play_out(TracingExpert(), other)
        finals.append(game.iou)
        experts.append(other.iou)
        assert game.iou == game.best_iou
    assert np.mean(finals) >= np.mean(experts)
    assert np.mean(lengths) < 20


def test_it_stops_where_the_mask_is_what_it_believes() -> None:
    game = blob_game(SIZE, 0)
    assert play_out(planner_on([game.mask]), game) == [STOP]


def test_the_prior_alone_is_scored_at_every_step() -> None:
    factory = held_out_factory(GameConfig(image_size=SIZE, observation_size=SIZE, step_len=6, step_count=3), "val")
    torch.manual_seed(0)
    priors = priors_of(ObjectPriorNet())
    result = evaluate(PriorThreshold(priors), factory, range(2))
    assert not result.sees_truth
    assert (result.actions == STOP).all()
    for index in range(2):
        game = factory.new_game(np.random.default_rng((0, index)), index)
        (mask,) = PriorThreshold(priors).predict_games(factory.observer.observe(game)[None], [game])
        iou = intersection_over_union(mask, game.sample.mask, game.sample.void)
        assert result.iou[index].tolist() == [iou] * 4


def test_resumed_planner_equals_the_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    straight, resumed = make_run(tmp_path / "straight"), make_run(tmp_path / "resumed")
    Planner().train(CONFIG, straight)
    rounds = 0
    play = planner_training._Rounds.play

    def stop_in_the_third(self: Any, left: float) -> None:
        nonlocal rounds
        rounds += 1
        play(self, left)
        if rounds == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(planner_training._Rounds, "play", stop_in_the_third)
        with pytest.raises(KeyboardInterrupt):
            Planner().train(CONFIG, resumed)
    assert learnt(resumed.path) != learnt(straight.path)
    Planner().train(CONFIG, resumed)
    assert learnt(resumed.path) == learnt(straight.path)
    (player,) = load_players(Planner(), CONFIG, straight, "cpu")
    assert player.label == "planner"


@pytest.mark.filterwarnings("error:Mean of empty slice:RuntimeWarning")
def test_no_game_is_played_for_a_prior_that_is_not_refined(tmp_path: Path) -> None:
    learnt_from = {"refinement": 0}, {"prior": "masks", "prior_images": 4}
    for number, flags in enumerate(learnt_from):
        config, run = replace(CONFIG, **flags), make_run(tmp_path / str(number))
        Planner().train(config, run)
        assert run.read("validation.csv")["timesteps"] == [0]
        assert run.read("metrics.csv") == {}
        best, last = (part_of(read_checkpoint(run.path / name)[0], "policy.") for name in ("best.safetensors", LAST))
        assert all(torch.equal(weights, best[name]) for name, weights in last.items())
        Planner().train(config, run)  # resumed, it is done
        assert run.read("validation.csv")["timesteps"] == [0]
