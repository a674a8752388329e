"""The segmenter whose pairwise term grows with the image."""

import numpy as np
import pytest
from energy_reference import random_image, stroke
from scenes import add

from cutout_rl.segmenters import INSIDE, OUTSIDE, GraphCutSegmenter, ScaledCutSegmenter, make_segmenter


@pytest.mark.parametrize(("shape", "weight"), [((128, 90), 40.0), ((64, 20), 20.0), ((100, 320), 100.0)])
def test_the_weight_grows_with_the_longer_side(shape: tuple[int, int], weight: float) -> None:
    rng = np.random.default_rng(sum(shape))
    image = random_image(rng, shape)
    scaled, plain = (
        make_segmenter("graphcut-scaled").begin(image),
        GraphCutSegmenter(pairwise_weight=weight).begin(image),
    )
    inside, outside = np.zeros(shape, bool), np.zeros(shape, bool)
    for label in (OUTSIDE, INSIDE, INSIDE, OUTSIDE):
        line = stroke(rng, shape)
        mask = add(scaled, line, label)
        np.testing.assert_array_equal(mask, add(plain, line, label))
        scribble, other = (inside, outside) if label == INSIDE else (outside, inside)
        scribble[tuple(line.T)] |= ~other[tuple(line.T)]
    log_odds = rng.normal(0, 3, shape)
    for session in (scaled, plain):
        session.set_prior(log_odds)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(scaled.cut(), plain.cut())
    np.testing.assert_array_equal(scaled.cut(), ScaledCutSegmenter().segment(image, inside, outside, log_odds))


def test_the_weight_of_a_huge_image_stays_in_its_range() -> None:
    image = np.zeros((1, 70_000, 3), np.uint8)
    mask = add(ScaledCutSegmenter().begin(image), np.array([[0, 9]]), INSIDE)
    np.testing.assert_array_equal(
        mask, add(GraphCutSegmenter(pairwise_weight=16000.0).begin(image), np.array([[0, 9]]), INSIDE)
    )


def test_what_is_no_image_is_refused() -> None:
    for shape in ((), (4, 5), (0, 5, 3)):
        with pytest.raises(ValueError, match="uint8"):
            ScaledCutSegmenter().begin(np.zeros(shape, np.uint8))
