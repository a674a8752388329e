"""The rewards: IoU, the forms of the reward within one episode, and the tracing of the outline."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import blob_game, blob_sample, plain_iou

from cutout_rl.data.source import Sample
from cutout_rl.game.reward import RewardKind, intersection_over_union, outline_traced
from cutout_rl.game.rules import STOP


def traced(labels: NDArray[np.uint8], sample: Sample) -> float:
    """Compute the traced share of a sample's outline."""
    return outline_traced(labels, sample.outline, sample.mask, sample.void)


def moves(seed: int, n: int) -> list[int]:
    return [int(move) for move in np.random.default_rng(seed).integers(16, size=n)]


@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_iou_counts_pixels_of_known_truth(seed: int, ours: float, theirs: float, unknown: float) -> None:
    rng = np.random.default_rng(seed)
    mask, truth, void = (rng.random((7, 9)) < share for share in (ours, theirs, unknown))
    assert intersection_over_union(mask, truth, void) == plain_iou(mask, truth, void)


@pytest.mark.parametrize("void", [False, True])
def test_game_reports_the_iou_of_its_mask_and_the_best_so_far(void: bool) -> None:
    game = blob_game(void=void)
    seen = [plain_iou(game.mask, game.sample.mask, game.sample.void)]
    assert (game.info()["iou"], game.info()["best_iou"]) == (seen[0], seen[0])
    for move in moves(1, 12):
        info = game.step(move).info
        seen.append(plain_iou(game.mask, game.sample.mask, game.sample.void))
        assert (info["iou"], info["best_iou"]) == (seen[-1], max(seen))
        assert info["name"] == "blob0"
    assert len(set(seen)) > 3


@pytest.mark.parametrize("segmenter", ["graphcut", "watershed"])
@pytest.mark.parametrize("seed", range(4))
def test_rewards_of_one_episode_agree(seed: int, segmenter: str) -> None:
    games = {reward: blob_game(seed=seed, reward=reward, segmenter=segmenter) for reward in get_args(RewardKind)}
    start = games["iou"].iou
    assert start is not None
    rewards = {reward: [game.step(move).reward for move in moves(seed, 12)] for reward, game in games.items()}
    final = rewards["iou"][-1]
    assert final == games["iou"].iou
    assert np.allclose(rewards["delta"], np.diff([start, *rewards["iou"]]), atol=1e-12)
    assert sum(rewards["delta"]) == pytest.approx(final - start)
    assert rewards["end"] == [0.0] * 11 + [final]
    game = games["shaped"]
    begun = blob_game(seed=seed, reward="shaped", segmenter=segmenter)
    assert game.labels.tolist() == games["delta"].labels.tolist()
    discounts = 0.97 ** np.arange(12)
    # Shaping changes the discounted sum by what it starts with, whatever is done.
    difference = discounts @ np.subtract(rewards["shaped"], rewards["delta"])
    assert difference == pytest.approx(-traced(begun.labels, begun.sample) / 2)
    assert rewards["shaped"] != rewards["delta"]


REWARDS: tuple[RewardKind, ...] = ("shaped", "delta")


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("last", [STOP, 3])
def test_shaping_costs_the_potential_of_the_start_however_the_episode_ends(gamma: float, last: int) -> None:
    row, column = np.argwhere(blob_sample(seed=5).outline)[0].tolist()
    shaped, plain = (
        blob_game(
            seed=5,
            reward=reward,
            start=((row, column), (0, 0)),
            step_count=4,
            stop_action=True,
            shaping_gamma=gamma,
        )
        for reward in REWARDS
    )
    begun = traced(shaped.labels, shaped.sample) / 2
    differences = [shaped.step(move).reward - plain.step(move).reward for move in (*moves(5, 3), last)]
    assert shaped.done
    assert begun > 0
    assert gamma ** np.arange(4) @ differences == pytest.approx(-begun)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([8, 32, 50]))
def test_outline_is_traced_where_right_strokes_are_near(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    sample = blob_sample(size, seed, void=bool(rng.integers(2)))
    labels = rng.choice(3, (size, size), p=[0.98, 0.01, 0.01]).astype(np.uint8)
    mask, void = sample.mask, sample.void
    inside, background = (set(map(tuple, np.argwhere(side).tolist())) for side in (mask, ~mask & ~void))
    around = [(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1)]
    outline = [(r, c) for r, c in inside if any((r + dr, c + dc) in background for dr, dc in around)]
    assert set(map(tuple, np.argwhere(sample.outline).tolist())) == set(outline)
    near = 0
    for label, side in ((1, inside), (2, background)):
        strokes = [point for point in map(tuple, np.argwhere(labels == label).tolist()) if point in side]
        reach = max(1, round(size / 20))
        near += sum(any(max(abs(r - y), abs(c - x)) <= reach for y, x in strokes) for r, c in outline)
    expected = near / (2 * len(outline)) if outline else 1.0
    assert traced(labels, sample) == pytest.approx(expected)


def test_outline_is_found_once_an_episode() -> None:
    game = blob_game(reward="shaped")
    outline = game.sample.outline
    game.step(0)
    assert game.copy().sample.outline is outline


def test_iou_is_missing_before_the_last_step_with_reward_end() -> None:
    game = blob_game(reward="end", step_count=2)
    assert set(game.info()) == {"name", "step"}
    assert set(game.step(0).info) == {"name", "step"}
    assert set(game.step(0).info) == {"name", "step", "iou", "best_iou"}


def test_stop_pays_the_iou_when_the_reward_waits_for_the_end() -> None:
    game = blob_game(reward="end", stop_action=True)
    game.step(1)
    assert game.step(STOP).reward == plain_iou(game.mask, game.sample.mask, game.sample.void) > 0
