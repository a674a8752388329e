"""The measures of strokes, against hand-counted numbers and under mirroring."""

from dataclasses import astuple

import numpy as np
import pytest
from scenes import blob_sample

from cutout_rl.agents.explain.stroke_measures import StrokeMeasures, average_measures, measure_strokes
from cutout_rl.data.source import Sample
from cutout_rl.evaluation.episode import Episode
from cutout_rl.game.config import GameConfig
from cutout_rl.game.game import Game, Point

N, E, S, W = 0, 2, 4, 6
OUTSIDE = 8


def bar(void: bool = False) -> Sample:
    """Draw a bar of 9 x 25 pixels; with `void`, its left 5 columns are void."""
    mask = np.zeros((32, 32), np.bool_)
    mask[12:21, 4:29] = True
    unknown = np.zeros_like(mask)
    unknown[:, 4:9] = void
    return Sample(np.where(mask[..., None], 200, 50).astype(np.uint8).repeat(3, 2), mask, unknown, "bar")


def play(
    actions: list[int],
    start: tuple[Point, Point] = ((16, 10), (2, 2)),
    sample: Sample | None = None,
    pen_width: int = 1,
) -> Episode:
    game = Game(
        sample or bar(),
        start,
        GameConfig(image_size=32, step_len=4, step_count=60, pen_width=pen_width, reward="iou").settings(),
    )
    ious = [game.iou]
    twin = game.copy()
    for action in actions:
        twin.step(action)
        ious.append(twin.iou)
    return Episode(game, tuple(actions), np.array(ious, np.float64))


def test_shares_on_the_right_side() -> None:
    # The inside pen marks columns 10..26 of row 16, then rows 15..8 of column 26, of which 12..15 are the bar's.
    measured = measure_strokes(play([E, E, E, E, N, N, OUTSIDE + E]))
    assert measured.inside_on_side == pytest.approx(21 / 25)
    assert measured.outside_on_side == 1
    assert measured.area_covered == pytest.approx(21 / (9 * 25))


def test_outside_pen_that_enters_the_object() -> None:
    # Rows 8..16 of column 20, five of them in the bar.
    measured = measure_strokes(play([OUTSIDE + S, OUTSIDE + S], start=((16, 10), (8, 20))))
    assert measured.outside_on_side == pytest.approx(4 / 9)


def test_strokes_along_the_axis_and_beside_it() -> None:
    on_axis = measure_strokes(play([E, E]))
    beside = measure_strokes(play([E, E], start=((14, 10), (2, 2))))
    assert on_axis.off_axis == 0
    # The axis of the bar is its middle row there; two rows away, in units of the radius of a disc of 225 pixels.
    assert beside.off_axis == pytest.approx(2 / np.sqrt(225 / np.pi))


def test_contour_pixels_within_reach() -> None:
    # A dot at (16, 10) reaches, in rows 12 and 20, columns within sqrt(36 - 16) = 4.47, and (16, 4) at the left end.
    # The outside pen is far away.
    still = measure_strokes(play([], start=((16, 10), (0, 31))))
    assert still.contour_covered == pytest.approx((9 + 9 + 1) / (2 * 25 + 2 * 7))


def test_turning_counts_each_pen_by_itself() -> None:
    # Inside: E, E, N: 0 and 90 degrees. Outside: E, W: 180 degrees. Angles between the pens do not count.
    assert measure_strokes(play([E, OUTSIDE + E, E, OUTSIDE + W, N])).turning == pytest.approx((0 + 90 + 180) / 3)
    # From NW (7) to N (0) is 45 degrees although the numbers are far apart.
    assert measure_strokes(play([7, 0])).turning == pytest.approx(45)


def test_wasted_moves() -> None:
    # A move back along its own line labels nothing; neither does one against the border.
    assert measure_strokes(play([E, W])).wasted == pytest.approx(1 / 2)
    assert measure_strokes(play([OUTSIDE + N, OUTSIDE + N], start=((16, 10), (4, 2)))).wasted == pytest.approx(1 / 2)


def test_nothing_to_measure_is_nan() -> None:
    still = measure_strokes(play([]))
    assert np.isnan(still.turning)
    assert np.isnan(still.wasted)


def test_void_pixels_are_left_out() -> None:
    # Of columns 10..2 of row 16, 4..8 are void and 9, 10 on the bar; 2 and 3 are background.
    measured = measure_strokes(play([W, W], sample=bar(void=True)))
    assert measured.inside_on_side == pytest.approx(2 / 4)
    assert measured.area_covered == pytest.approx(2 / (9 * 20))


def test_mirror_images_measure_alike() -> None:
    rng = np.random.default_rng(0)
    actions = rng.integers(16, size=30).tolist()
    # Mirrored directions, as directions count clockwise from north.
    flipped_actions = [action // 8 * 8 + -action % 8 for action in actions]
    sample = blob_sample(void=True)
    flipped = Sample(sample.image[:, ::-1], sample.mask[:, ::-1], sample.void[:, ::-1], "flipped")
    one = measure_strokes(play(actions, ((16, 15), (2, 3)), sample, pen_width=3))
    other = measure_strokes(play(flipped_actions, ((16, 16), (2, 28)), flipped, pen_width=3))
    # The medial axis is thinned pixel by pixel and so not exactly symmetric.
    assert astuple(one)[:2] == astuple(other)[:2]
    assert astuple(one)[3:] == pytest.approx(astuple(other)[3:])
    assert one.off_axis == pytest.approx(other.off_axis, abs=0.05)


def test_average_leaves_out_what_was_not_measured() -> None:
    episodes = [play([]), play([E, W]), play([E, E, N])]
    average = average_measures(episodes)
    assert isinstance(average, StrokeMeasures)
    assert average.turning == pytest.approx((180 + 45) / 2)
    assert average.wasted == pytest.approx((1 / 2 + 0) / 2)
    with pytest.raises(ValueError, match="no episode"):
        average_measures([])
