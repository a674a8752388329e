"""The cut with a prior that is predicted from the scribbles: exact, and a function of image and scribbles only."""

import numpy as np
import pytest
from energy_reference import random_image, stroke
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import add, blob_sample

from cutout_rl.game.reward import intersection_over_union
from cutout_rl.segmenters import INSIDE, OUTSIDE, GraphCutSegmenter
from cutout_rl.segmenters.prior_cut import PriorCutSegmenter
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import Stroke

SHAPE = (17, 23)


def predict(image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return log-odds that depend on all arguments."""
    drawn = np.cumsum(labels.astype(float), axis=1) - 2 * np.count_nonzero(mask, axis=1, keepdims=True)
    return 3 * np.sin(image.sum(axis=2) / 40 + drawn)


@given(seed=st.integers(0, 2**32 - 1))
def test_the_mask_is_the_cut_with_the_prior_predicted_from_labels_and_plain_mask(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image, cut = random_image(rng, SHAPE), GraphCutSegmenter(prior_weight=2.0, prior_edges=3.0)
    session, labels = PriorCutSegmenter(predict, cut).begin(image), np.zeros(SHAPE, np.uint8)
    for _ in range(5):
        pixels, label = stroke(rng, SHAPE), (INSIDE, OUTSIDE)[rng.integers(2)]
        free = labels[tuple(pixels.T)] == 0
        labels[tuple(pixels[free].T)] = 1 if label == INSIDE else 2
        twin = session.copy()
        mask = add(session, pixels, label)
        inside, outside = labels == 1, labels == 2
        plain = GraphCutSegmenter().segment(image, inside, outside)
        expected = cut.segment(image, inside, outside, predict(image, labels, plain) if plain.any() else None)
        assert np.array_equal(mask, expected)
        assert np.array_equal(add(twin, pixels, label), expected)
        assert np.array_equal(PriorCutSegmenter(predict, cut).segment(image, inside, outside), expected)


def test_a_good_prior_helps_and_strokes_overrule_a_bad_one() -> None:
    sample = blob_sample(64, 1)
    inside, outside = np.zeros((2, 64, 64), np.bool_)
    inside[32, 32] = outside[0, 0] = True

    def iou(believed: NDArray[np.bool_]) -> float:
        segmenter = PriorCutSegmenter(lambda image, labels, mask: np.where(believed, 8.0, -8.0))
        return intersection_over_union(segmenter.segment(sample.image, inside, outside), sample.mask, sample.void)

    plain = intersection_over_union(
        GraphCutSegmenter().segment(sample.image, inside, outside), sample.mask, sample.void
    )
    assert iou(sample.mask) == 1.0 >= plain > iou(~sample.mask) > 0


def test_scribbles_that_contradict_each_other_are_refused() -> None:
    image, both = blob_sample(16).image, np.ones((16, 16), np.bool_)
    with pytest.raises(ValueError, match="both inside and outside"):
        PriorCutSegmenter(predict).segment(image, both, both)
    with pytest.raises(ValueError, match="both scribbles"):
        PriorCutSegmenter(predict).segment(image, both[:8], both)


def test_a_draft_keeps_the_prior_of_the_last_finished_stroke() -> None:
    sample = blob_sample(64, 1)
    calls = 0

    def counted(image: NDArray[np.uint8], labels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        nonlocal calls
        calls += 1
        return predict(image, labels, mask)

    drawing = Drawing(sample.image, PriorCutSegmenter(counted, GraphCutSegmenter()))
    drawing.apply(Stroke("inside", 3, ((32.0, 32.0),)))
    drawing.mask()
    kept = drawing.log_odds
    assert kept is not None
    drawing.apply(Stroke("outside", 3, ((2.0, 2.0), (9.0, 2.0))))
    drawing.is_draft = True
    draft = drawing.mask()
    assert calls == 1
    expected = GraphCutSegmenter().segment(sample.image, drawing.labels == 1, drawing.labels == 2, kept)
    assert np.array_equal(draft, expected)
    # A person's stroke over a label begins the session anew.
    drawing.apply(Stroke("outside", 3, ((32.0, 32.0), (32.0, 40.0))))
    drawing.apply(Stroke("inside", 3, ((30.0, 20.0), (36.0, 20.0))))
    drawing.mask()
    assert calls == 1
    drawing.is_draft = False
    assert np.array_equal(
        drawing.mask(),
        PriorCutSegmenter(predict, GraphCutSegmenter()).segment(sample.image, drawing.labels == 1, drawing.labels == 2),
    )
    assert calls == 2
