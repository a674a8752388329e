"""The tracing expert: distances, strokes, choices in good and bad states, and final IoU."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from scenes import blob_game
from scipy.ndimage import distance_transform_edt

from cutout_rl.agents.baselines.scripted import RandomPens
from cutout_rl.agents.baselines.tracing_expert import REACH, TracingExpert, contour_distance
from cutout_rl.data.source import Sample
from cutout_rl.evaluation.evaluation import evaluate, held_out_factory
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game
from cutout_rl.game.rules import N_MOVES

NO_OBSERVATIONS = np.zeros((0, 32, 32, 5), np.uint8)
both_kinds = pytest.mark.parametrize("watch_mask", [True, False], ids=["watching", "blind"])


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([(1, 1), (1, 30), (24, 40), (40, 24)]), st.integers(1, 3))
def test_contour_distance_is_euclidean_up_to_its_reach(seed: int, shape: tuple[int, int], n_classes: int) -> None:
    coarse = np.random.default_rng(seed).integers(n_classes, size=(5, 5), dtype=np.uint8)
    side = coarse.repeat(8, axis=0).repeat(8, axis=1)[: shape[0], : shape[1]].copy()
    expected = np.full(shape, float(REACH))
    for class_ in np.unique(side):
        if (side != class_).any():
            expected[side == class_] = distance_transform_edt(side == class_)[side == class_]
    assert np.allclose(contour_distance(side), np.minimum(expected, REACH))


def harm_of(game: Game, move: int) -> int:
    """Count the pixels that a move would label on the wrong side."""
    trial = game.copy()
    trial.step(move)
    new = (trial.labels > 0) & (game.labels == 0) & ~game.sample.void
    return int((new & ((trial.labels == 1) != game.sample.mask)).sum())


@both_kinds
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("step_len", "pen_width"), [(5, 3), (12, 3), (7, 1), (7, 4)])
def test_never_draws_on_the_wrong_side_where_a_clean_move_exists(
    watch_mask: bool, seed: int, step_len: int, pen_width: int
) -> None:
    expert = TracingExpert(watch_mask)
    game = blob_game(64, seed, void=seed == 1, step_len=step_len, step_count=40, pen_width=pen_width)
    rng = np.random.default_rng(seed)
    while not game.done:
        values = expert.move_values(game)
        harms = np.array([harm_of(game, move) for move in range(N_MOVES)])
        assert np.array_equal(values < 0, harms > 0)
        assert harms[values.argmax()] == 0 or harms.all()
        # Every fifth move is random, like a learner's.
        game.step(int(rng.integers(N_MOVES) if game.step_count % 5 == 4 else values.argmax()))


@both_kinds
@pytest.mark.parametrize("seed", range(4))
def test_values_every_state_that_random_pens_reach_and_leaves_it_alone(watch_mask: bool, seed: int) -> None:
    expert, pens = TracingExpert(watch_mask), RandomPens(seed)
    # The object touches the border where the blob is cut off.
    whole = blob_game(48, seed, void=seed % 2 == 1)
    sample = whole.sample
    cut = Sample(np.roll(sample.image, 20, 1), np.roll(sample.mask, 20, 1), np.roll(sample.void, 20, 1), "cut")
    inside, outside = np.argwhere(cut.mask & ~cut.void)[0], np.argwhere(~cut.mask & ~cut.void)[0]
    start = ((int(inside[0]), int(inside[1])), (int(outside[0]), int(outside[1])))
    game = Game(cut, start, replace(whole.settings, reward="delta"))
    while not game.done:
        before = game.copy()
        values = expert.move_values(game)
        assert values.shape == (N_MOVES,)
        assert np.isfinite(values).all()
        assert expert.act(NO_OBSERVATIONS, [game, game.copy()]).tolist() == [values.argmax()] * 2
        assert np.array_equal(game.labels, before.labels)
        assert (game.heads, game.step_count, game.iou) == (before.heads, before.step_count, before.iou)
        game.step(int(pens.act(NO_OBSERVATIONS, [game])[0]))


@both_kinds
def test_depends_on_the_state_and_not_on_the_way_there(watch_mask: bool) -> None:
    expert = TracingExpert(watch_mask)
    there, other_way = (blob_game(64, step_count=40) for _ in range(2))
    for move in (2, 6, 10, 12):
        there.step(move)
    for move in (10, 2, 12, 6):
        expert.move_values(other_way)
        other_way.step(move)
    assert np.array_equal(there.labels, other_way.labels)
    assert np.array_equal(expert.move_values(there), expert.move_values(other_way))


def test_mirror_images_have_mirrored_values() -> None:
    # Without the mask, because a cut may break ties by pixel order.
    expert = TracingExpert(watch_mask=False)
    game = blob_game(64, seed=3, start=((30, 33), (5, 9)), step_count=40)
    sample = game.sample
    flipped = Sample(sample.image[:, ::-1].copy(), sample.mask[:, ::-1].copy(), sample.void[:, ::-1].copy(), "flipped")
    twin = Game(flipped, ((30, 30), (5, 54)), game.settings)
    for move in (2, 3, 12, 11, 5):
        values, mirrored = expert.move_values(game), expert.move_values(twin)
        turned = [pen * 8 + -way % 8 for pen in range(2) for way in range(8)]
        assert np.allclose(values, mirrored[turned], rtol=1e-4)
        game.step(move)
        twin.step(turned[move])


def contour_near(scribble: NDArray[np.bool_], mask: NDArray[np.bool_]) -> float:
    """Return the share of the contour within 6 px of a scribble."""
    contour = mask & (distance_transform_edt(mask) < 2)
    return float((distance_transform_edt(~scribble)[contour] <= 6).mean())


@both_kinds
@pytest.mark.parametrize("seed", range(3))
def test_both_pens_go_all_along_the_contour(watch_mask: bool, seed: int) -> None:
    expert = TracingExpert(watch_mask)
    game = blob_game(64, seed, step_len=6, step_count=60)
    while not game.done:
        game.step(int(expert.act(NO_OBSERVATIONS, [game])[0]))
    for label in (1, 2):
        assert contour_near(game.labels == label, game.sample.mask) > 0.9


@both_kinds
def test_asks_for_no_cut_unless_it_watches_the_mask(watch_mask: bool) -> None:
    game = blob_game(reward="end")
    game.step(0)
    TracingExpert(watch_mask).move_values(game)
    assert (game.copy().state.is_cut[0]) == watch_mask


@pytest.mark.parametrize(("watch_mask", "floor"), [(True, 0.93), (False, 0.88)], ids=["watching", "blind"])
@pytest.mark.parametrize(("step_len", "step_count"), [(8, 60), (18, 30)])
def test_cuts_held_out_faces_out_nearly_whole(watch_mask: bool, floor: float, step_len: int, step_count: int) -> None:
    factory = held_out_factory(GameConfig(step_len=step_len, step_count=step_count), "val")
    assert evaluate(TracingExpert(watch_mask), factory, range(24)).final > floor
