"""Scripted players and oracles, and the evaluation of all players on the same games."""

from collections.abc import Callable, Sequence
from typing import get_args

import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import blob_game, plain_iou

from cutout_rl.agents.baselines.oracle import OneStepOracle
from cutout_rl.agents.baselines.scripted import RandomPens, SideKeepingPens, StillPens
from cutout_rl.agents.baselines.tracing_expert import TracingExpert
from cutout_rl.evaluation.episode import play_episodes
from cutout_rl.evaluation.evaluation import Evaluation, evaluate, held_out_factory, held_out_game
from cutout_rl.game.config import GameConfig
from cutout_rl.game.factory import GameFactory
from cutout_rl.game.game import Game
from cutout_rl.game.reward import RewardKind
from cutout_rl.game.rules import STOP
from cutout_rl.players.baselines import make_baselines
from cutout_rl.players.player import Player

NO_OBSERVATIONS = np.zeros((0, 32, 32, 5), np.uint8)
N_IMAGES = 3
# N clockwise, independent of the project's constant.
COMPASS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
BASELINES: dict[str, Callable[[], Player]] = {
    "still": StillPens,
    "random": RandomPens,
    "side-keeping": SideKeepingPens,
    "oracle": OneStepOracle,
    "tracing": TracingExpert,
}
every_baseline = pytest.mark.parametrize("make", BASELINES.values(), ids=BASELINES.keys())


@pytest.fixture(scope="module")
def factory() -> GameFactory:
    return held_out_factory(GameConfig(image_size=32, step_len=6, step_count=8, reward="end"), "val")


def act(player: Player, game: Game) -> int:
    (action,) = player.act(NO_OBSERVATIONS, [game])
    return int(action)


def test_still_pens_leave_at_once() -> None:
    assert StillPens().act(NO_OBSERVATIONS, [blob_game(), blob_game()]).tolist() == [STOP, STOP]


def test_random_pens_draw_all_moves_alike() -> None:
    player = RandomPens(seed=1)
    games = [blob_game()] * 4000
    counts = np.bincount(player.act(NO_OBSERVATIONS, games), minlength=16)
    assert len(counts) == 16
    # With 15 degrees of freedom the statistic exceeds 37.7 with probability 0.001.
    assert ((counts - 250) ** 2 / 250).sum() < 37.7


def walk(game: Game, pen: int, direction: int) -> list[tuple[int, int]]:
    """Walk pixel by pixel up to `step_len`, or to the border."""
    row, column = game.heads[pen]
    passed = []
    for _ in range(game.rules.step_len):
        row, column = row + COMPASS[direction][0], column + COMPASS[direction][1]
        if not (0 <= row < game.rules.image_size and 0 <= column < game.rules.image_size):
            break
        passed.append((row, column))
    return passed


def keeps_side(game: Game, pen: int, direction: int) -> bool:
    passed = walk(game, pen, direction)
    return bool(passed) and all(game.sample.mask[point] == (pen == 0) for point in passed)


@pytest.mark.parametrize("seed", range(3))
def test_side_keeping_pens_stay_on_their_sides_wherever_they_can(seed: int) -> None:
    player, game = SideKeepingPens(seed), blob_game(64, seed, step_count=60)
    used = set()
    while not game.done:
        pen, direction = divmod(act(player, game), 8)
        possible = [way for way in range(8) if keeps_side(game, pen, way)]
        assert direction in possible or not possible
        game.step(pen * 8 + direction)
        used.add((pen, direction))
    # Both pens move, so that the test above is meaningful.
    assert {pen for pen, _ in used} == {0, 1}
    assert len(used) > 8


def test_side_keeping_pen_that_is_walled_in_draws_any_of_its_moves() -> None:
    # An object of a few pixels: no move of 20 pixels stays inside.
    drawn = {act(SideKeepingPens(seed), blob_game(step_len=20)) for seed in range(80)}
    assert {move for move in drawn if move < 8} == set(range(8))
    outside = {move for move in drawn if move >= 8}
    # The outside pen is not enclosed: it draws only moves that stay outside.
    assert outside == {8 + way for way in range(8) if keeps_side(blob_game(step_len=20), 1, way)}


@pytest.mark.parametrize("seed", range(3))
def test_one_step_oracle_makes_a_move_of_the_highest_iou(seed: int) -> None:
    player, made = OneStepOracle(seed), list[int]()
    game = blob_game(seed=seed, void=seed == 1)
    for _ in range(4):
        before = (game.labels.copy(), list(game.heads), game.step_count, game.iou, game.mask)
        action = act(player, game)
        after = (game.labels, list(game.heads), game.step_count, game.iou, game.mask)
        for one, other in zip(before, after, strict=True):
            assert np.array_equal(one, other)
        ious = [iou_after(seed, [*made, move], seed == 1) for move in range(16)]
        assert ious[action] == max(ious)
        made.append(action)
        assert game.step(action).info["iou"] == max(ious)


def iou_after(seed: int, actions: list[int], void: bool) -> float:
    """Replay from the start, and compute the IoU."""
    game = blob_game(seed=seed, void=void)
    for action in actions:
        game.step(action)
    return plain_iou(game.mask, game.sample.mask, game.sample.void)


def test_one_step_oracle_draws_among_equals() -> None:
    game = blob_game()
    game.state.void[:] = True
    assert game.step(0).info["iou"] == 1
    moves = OneStepOracle().act(NO_OBSERVATIONS, [game] * 150)
    assert set(moves.tolist()) == set(range(16))


def test_installed_baselines_are_found_by_their_entry_points() -> None:
    found = {player.label: player.sees_truth for player in make_baselines()}
    assert found == {
        "still pens": False,
        "random pens": False,
        "side-keeping pens": True,
        "one-step oracle": True,
        "tracing expert": True,
    }


@every_baseline
def test_all_players_start_alike_and_the_same_seed_plays_the_same(
    make: Callable[[], Player], factory: GameFactory
) -> None:
    still = evaluate(StillPens(), factory, range(N_IMAGES), seed=4)
    result, again = (evaluate(make(), factory, range(N_IMAGES), seed=4) for _ in range(2))
    assert result.iou.shape == (N_IMAGES, 9)
    assert np.array_equal(result.iou[:, 0], still.iou[:, 0])
    assert np.array_equal(result.iou, again.iou)
    assert np.array_equal(result.actions, again.actions)
    assert result.names == again.names == ("val-0000000", "val-0000001", "val-0000002")
    other = evaluate(make(), factory, range(N_IMAGES), seed=5)
    assert not np.array_equal(result.iou[:, 0], other.iou[:, 0])


def test_start_does_not_depend_on_how_many_images_are_played(factory: GameFactory) -> None:
    few, more = (evaluate(StillPens(), factory, range(n)) for n in (2, 5))
    assert np.array_equal(few.iou, more.iou[:2])


@pytest.mark.parametrize("reward", get_args(RewardKind))
def test_evaluation_scores_every_step_whatever_the_agent_was_trained_with(reward: RewardKind) -> None:
    factory = held_out_factory(GameConfig(image_size=32, step_len=6, step_count=4, reward=reward), "val")
    result = evaluate(RandomPens(), factory, range(2))
    for index in range(2):
        game = held_out_game(factory, index, seed=0)
        seen = [plain_iou(game.mask, game.sample.mask, game.sample.void)]
        for action in result.actions[index]:
            game.step(int(action))
            seen.append(plain_iou(game.mask, game.sample.mask, game.sample.void))
        assert result.iou[index].tolist() == seen


class StopsLater:
    """Moves east and stops game `i` after `i` moves; records the number of games in each call."""

    label = "stops later"
    sees_truth = False

    def __init__(self, factory: GameFactory) -> None:
        self.shown: list[int] = []
        self._observe = factory.observer.observe

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        assert len(observations) == len(games)
        for observation, game in zip(observations, games, strict=True):
            assert not game.done
            assert np.array_equal(observation, self._observe(game))
        self.shown.append(len(games))
        leaves = [int(game.sample.name.removeprefix("val-")) <= game.step_count for game in games]
        return np.where(leaves, STOP, 2)


def test_player_that_leaves_keeps_its_iou_to_the_end(factory: GameFactory) -> None:
    player = StopsLater(factory)
    finished: list[int] = []
    result = evaluate(player, factory, range(N_IMAGES), on_images=finished.append)
    assert player.shown == [3, 2, 1]
    assert sum(finished) == N_IMAGES
    assert result.actions.tolist() == [[2] * index + [STOP] * (8 - index) for index in range(N_IMAGES)]
    for index in range(N_IMAGES):
        assert (result.iou[index, index:] == result.iou[index, index]).all()


@every_baseline
def test_episode_replays_to_the_same_ious(make: Callable[[], Player], factory: GameFactory) -> None:
    result = evaluate(make(), factory, range(N_IMAGES), seed=6)
    episodes = play_episodes(make(), factory, range(N_IMAGES), seed=6)
    for index, episode in enumerate(episodes):
        assert np.array_equal(episode.iou, result.iou[index, : len(episode.actions) + 1])
        for _ in range(2):
            assert [game.iou for game in episode.replay()] == episode.iou.tolist()
        assert episode.end().iou == result.iou[index, -1]
        assert episode.start.step_count == 0
        assert episode.end().sample.name == result.names[index]


def test_figures_of_an_evaluation() -> None:
    iou = np.array([[0.1, 0.6, 0.3], [0.3, 0.2, 0.5]])
    evaluation = Evaluation("player", "test", range(1000, 1002), ("a", "b"), iou, False, np.zeros((2, 2), np.int64))
    assert evaluation.final == pytest.approx(0.4)
    assert evaluation.best == pytest.approx(0.55)
    assert [evaluation.after(moves) for moves in (0, 1, 2, 20)] == pytest.approx([0.2, 0.4, 0.4, 0.4])
    # Two values 0.2 apart: a standard deviation of 0.2 / sqrt(2), over sqrt(2).
    assert evaluation.standard_error() == pytest.approx(0.1)
    row = evaluation.figures()
    assert (row["final_iou"], row["iou_after_1"], row["images"]) == (pytest.approx(0.4), pytest.approx(0.4), 2)
    assert (row["split"], row["first_image"]) == ("test", 1000)


def test_the_start_points_alone_are_a_mediocre_cut_of_faces() -> None:
    faces = held_out_factory(GameConfig(), "val")
    assert evaluate(StillPens(), faces, range(150)).final < 0.5
