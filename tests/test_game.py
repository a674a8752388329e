"""The rules of the game, its start points, and copies that go their own way."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import blob_game, plain_iou, stroke

from cutout_rl.game.batch import GameBatch
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.game.reward import RewardKind
from cutout_rl.game.rules import DIRECTIONS, STOP
from cutout_rl.game.start_points import sample_start
from cutout_rl.game.strokes import find_marking_strokes, pen_tip, travel
from cutout_rl.utils.errors import CutOutError

# Action of a pen and a compass direction, written out once more.
COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
INSIDE = {name: number for number, name in enumerate(COMPASS)}
OUTSIDE = {name: number + 8 for number, name in enumerate(COMPASS)}


def state(game: Game) -> tuple[Any, ...]:
    """Everything that a move may change."""
    return (
        game.labels.tobytes(),
        tuple(game.heads),
        game.step_count,
        tuple(game.strokes),
        game.iou,
        game.best_iou,
        game.done,
        game.mask.tobytes(),
    )


def moves(seed: int, n: int) -> list[int]:
    return [int(move) for move in np.random.default_rng(seed).integers(16, size=n)]


@pytest.mark.parametrize(
    ("direction", "head"),
    [
        ("N", (10, 16)),
        ("NE", (10, 22)),
        ("E", (16, 22)),
        ("SE", (22, 22)),
        ("S", (22, 16)),
        ("SW", (22, 10)),
        ("W", (16, 10)),
        ("NW", (10, 10)),
    ],
)
def test_move_goes_step_len_along_the_axis_or_diagonal(direction: str, head: tuple[int, int]) -> None:
    for pen, actions in enumerate((INSIDE, OUTSIDE)):
        start = [(16, 16), (16, 16)]
        start[1 - pen] = (2, 2)
        game = blob_game(start=(start[0], start[1]), pen_width=1)
        game.step(actions[direction])
        assert game.heads[pen] == head
        assert game.heads[1 - pen] == (2, 2)
        assert game.strokes == [(pen, (16, 16), head)]
        # The start's own dot and six more pixels.
        assert (game.labels == pen + 1).sum() == 7
        assert (game.labels == 2 - pen).sum() == 1


@pytest.mark.parametrize(
    ("start", "direction", "head"),
    [((16, 29), "NE", (14, 31)), ((2, 16), "NW", (0, 14)), ((31, 5), "SE", (31, 5)), ((16, 28), "E", (16, 31))],
)
def test_border_stops_a_head_and_the_diagonal_is_kept(
    start: tuple[int, int], direction: str, head: tuple[int, int]
) -> None:
    game = blob_game(start=(start, (4, 4)), pen_width=1)
    outcome = game.step(INSIDE[direction])
    assert game.heads[0] == head
    assert game.step_count == outcome.info["step"] == 1
    drawn = np.argwhere(game.labels == 1)
    assert len(drawn) == 1 + abs(head[0] - start[0] or head[1] - start[1])


def test_pixel_keeps_the_label_of_the_pen_that_came_first() -> None:
    game = blob_game(start=((16, 16), (16, 20)), pen_width=1)
    game.step(INSIDE["E"])
    assert game.labels[16, 16:23].tolist() == [1, 1, 1, 1, 2, 1, 1]
    game.step(OUTSIDE["W"])
    assert game.heads[1] == (16, 14)
    assert game.labels[16, 14:23].tolist() == [2, 2, 1, 1, 1, 1, 2, 1, 1]


@pytest.mark.parametrize("reward", get_args(RewardKind))
def test_the_last_move_ends_the_episode_which_then_refuses_moves(reward: RewardKind) -> None:
    game = blob_game(reward=reward, step_count=3)
    assert [game.step(move).terminated for move in (0, 9, 2)] == [False, False, True]
    before = state(game)
    with pytest.raises(ValueError, match="over"):
        game.step(0)
    assert state(game) == before


def test_stop_terminates_and_moves_no_pen() -> None:
    game = blob_game(stop_action=True)
    game.step(3)
    labels, heads, iou = game.labels.copy(), list(game.heads), game.iou
    outcome = game.step(STOP)
    assert (outcome.terminated, game.done) == (True, True)
    assert np.array_equal(game.labels, labels)
    assert game.heads == heads
    assert outcome.reward == game.iou == iou
    with pytest.raises(ValueError, match="over"):
        game.step(0)


def test_stop_at_the_last_step_terminates() -> None:
    game = blob_game(stop_action=True, step_count=2)
    game.step(0)
    assert game.step(STOP).terminated


@pytest.mark.parametrize(("stop_action", "action"), [(False, 16), (True, 17), (False, -1), (True, -1)])
def test_unknown_action_is_refused_and_changes_nothing(stop_action: bool, action: int) -> None:
    game = blob_game(stop_action=stop_action)
    before = state(game)
    with pytest.raises(ValueError, match="action"):
        game.step(action)
    assert state(game) == before


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"image_size": 8}, "image_size is 8"),
        ({"step_len": 0}, "step_len is 0"),
        ({"step_len": 128}, "128 pixels"),
        ({"step_count": 0}, "step_count is 0"),
        ({"pen_width": 0}, "pen_width is 0"),
        ({"pen_width": 33}, "between 1 and 32"),
        ({"observation_size": 8}, "observation_size is 8"),
        ({"observation_size": 0}, "observation_size is 0"),
        ({"observation_size": 129}, "image_size (128)"),
        ({"reward": "ious"}, "did you mean 'iou'"),
        ({"observation": "layer"}, "did you mean 'layers'"),
        ({"segmenter": "graph-cut"}, "did you mean 'graphcut'"),
    ],
)
def test_setting_that_does_not_fit_is_refused_in_a_sentence(setting: dict[str, Any], said: str) -> None:
    with pytest.raises(CutOutError) as caught:
        GameConfig(**setting)
    sentence = str(caught.value)
    assert said in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@given(st.integers(0, 2**32 - 1), st.integers(4, 14), st.sampled_from(["thick", "thin", "dust"]), st.booleans())
def test_start_points_lie_on_their_sides_far_from_the_contour(seed: int, size: int, kind: str, with_void: bool) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((size, size)) < 0.3
    if kind == "thick":
        mask = np.zeros((size, size), np.bool_)
        top, left = rng.integers(0, size // 2, 2)
        mask[top : top + size // 2, left : left + size // 2] = True
    elif kind == "thin":
        mask = np.zeros((size, size), np.bool_)
        mask[:, rng.integers(size)] = True
    mask[0, 0], mask[-1, -1] = True, False
    void = (rng.random((size, size)) < 0.2) & with_void
    void[0, 0] = void[-1, -1] = False
    for side, (row, column) in zip((mask, ~mask), sample_start(mask, void, rng), strict=True):
        region = side & ~void
        assert region[row, column]
        depth = distances_to_others(region)
        assert depth[row, column] >= min(3.0, depth[region].max()) - 1e-3


def distances_to_others(region: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Measure every pixel's distance to the nearest pixel that is not of the region, pair by pair."""
    others = np.argwhere(~region)
    every = np.stack(np.indices(region.shape), axis=-1)[:, :, None]
    distances: NDArray[np.float64] = np.sqrt(((every - others) ** 2).sum(axis=-1)).min(axis=-1)
    return distances


def test_start_points_cover_all_deep_pixels() -> None:
    mask = np.zeros((20, 20), np.bool_)
    mask[2:14, 2:14] = True
    rng = np.random.default_rng(0)
    nothing_void = np.zeros_like(mask)
    pairs = [sample_start(mask, nothing_void, rng) for _ in range(2000)]
    for side, points in zip((mask, ~mask), zip(*pairs, strict=True), strict=True):
        assert set(points) == set(map(tuple, np.argwhere(side & (distances_to_others(side) >= 3)).tolist()))


@pytest.mark.parametrize("reward", get_args(RewardKind))
@pytest.mark.parametrize("segmenter", ["graphcut", "watershed"])
def test_copy_goes_its_own_way_and_agrees_on_the_same_moves(reward: RewardKind, segmenter: str) -> None:
    game = blob_game(reward=reward, segmenter=segmenter)
    for move in moves(2, 5):
        game.step(move)
    before = state(game)
    twin = game.copy()
    assert state(twin) == before
    astray = game.copy()
    for move in moves(3, 7):
        astray.step(move)
    assert state(game) == before
    assert state(twin) == before
    assert state(astray) != before
    for move in moves(4, 7):
        assert game.step(move) == twin.step(move)
        assert state(game) == state(twin)
    never_copied = blob_game(reward=reward, segmenter=segmenter)
    for move in moves(2, 5) + moves(4, 7):
        never_copied.step(move)
    assert state(game) == state(never_copied)


@settings(max_examples=60)
@given(st.sampled_from(get_args(RewardKind)), st.lists(st.tuples(st.integers(0, 16), st.booleans()), max_size=14))
def test_the_mask_is_that_of_the_strokes_whenever_it_is_asked_for(
    reward: RewardKind, steps: list[tuple[int, bool]]
) -> None:
    # Long strokes of few directions, many of which mark nothing.
    game = blob_game(reward=reward, stop_action=True, step_len=20, step_count=14)
    for action, asks in steps:
        if game.done:
            break
        game.step(action)
        if asks or game.done:
            cold = game.settings.segmenter.segment(game.sample.image, game.labels == 1, game.labels == 2)
            assert np.array_equal(game.mask, cold)
    if game.iou is not None:
        assert game.iou == plain_iou(game.mask, game.sample.mask, game.sample.void)


def test_mask_and_labels_handed_out_do_not_reach_back() -> None:
    game = blob_game()
    before = game.iou
    mask = game.mask
    mask[:] = ~mask
    assert not np.array_equal(game.mask, mask)
    assert game.step(0).info["iou"] == blob_game().step(0).info["iou"] != before


@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_a_stroke_is_foretold_to_mark_where_it_marks(seed: int, pen_width: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, (9, 9), p=[0.05, 0.5, 0.45]).astype(np.uint8)
    heads = rng.integers(9, size=(2, 2))
    before = labels.copy()
    foretold = find_marking_strokes(labels, heads, DIRECTIONS, 5, pen_tip(pen_width))
    assert np.array_equal(labels, before)
    for (row, column), row_of_marks in zip(heads.tolist(), foretold, strict=True):
        for (down, right), marks in zip(DIRECTIONS.tolist(), row_of_marks, strict=True):
            length = travel(row, column, down, right, 5, 9)
            drawn = stroke(labels.copy(), (row, column), (down, right), length, pen_width, 1)
            assert marks == (len(drawn) > 0)


@pytest.mark.parametrize("stop_action", [False, True])
def test_the_action_mask_excludes_the_moves_that_mark_nothing(stop_action: bool) -> None:
    game = blob_game(stop_action=stop_action, step_count=60)
    excluded = 0
    for move in (*moves(1, 20), 8, 8, 8):
        before = state(game)
        mask = game.action_mask()
        assert state(game) == before
        assert (mask.shape, mask.dtype) == ((16 + stop_action,), np.bool_)
        for action in range(16):
            trial = game.copy()
            trial.step(action)
            assert mask[action] == ((trial.labels > 0).sum() > (game.labels > 0).sum())
        assert mask[16:].all()
        excluded += int((~mask).sum())
        game.step(move)
    assert excluded > 10


def test_the_action_mask_excludes_nothing_where_no_move_marks_any() -> None:
    game = blob_game(stop_action=True)
    game.labels[:] = 1
    assert game.action_mask().all()


@pytest.mark.parametrize("reward", get_args(RewardKind))
def test_game_from_labels_continues_like_the_game_that_drew_them(reward: RewardKind) -> None:
    game = blob_game(reward=reward)
    for move in moves(2, 5):
        game.step(move)
    heads = (game.heads[0], game.heads[1])
    twin = Game.from_labels(game.sample, game.settings, game.labels, game.starts, heads, 5)
    assert not np.shares_memory(twin.labels, game.labels)
    assert (twin.iou, twin.strokes) == (game.iou, [])
    for move in moves(4, 7):
        expected, outcome = game.step(move), twin.step(move)
        assert (outcome.reward, outcome.terminated, twin.iou) == (expected.reward, expected.terminated, game.iou)
        assert (twin.heads, twin.step_count) == (game.heads, game.step_count)
        assert np.array_equal(twin.labels, game.labels)
    spent = Game.from_labels(game.sample, game.settings, game.labels, game.starts, heads, 12)
    assert (spent.done, spent.iou) == (True, game.iou)


def test_copy_of_a_game_outlives_the_episode_of_its_batch() -> None:
    batch = GameBatch(GameConfig(image_size=48), 2)
    batch.reset([0, 1])
    kept, witness = batch.games[0].copy(), batch.games[0].copy()
    expected = [witness.step(move) for move in moves(5, 6)]
    batch.restart([0, 1])
    assert [kept.step(move) for move in moves(5, 6)] == expected
