"""A prior in the default segmenter: its energy against NumPy and OR-tools, replaced between strokes, and refused."""

import numpy as np
import pytest
from energy_reference import label_at_random, minimum_cut, random_image, reference_energy
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import add

from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label

SETTINGS = [
    GraphCutSegmenter(),
    GraphCutSegmenter(prior_weight=0.4, prior_edges=12.5, components=False),
    GraphCutSegmenter(prior_weight=40.0, prior_edges=1000.0),
    GraphCutSegmenter(prior_weight=0.0, prior_edges=3.0, border_prior=False, colour_clip=0.0),
    GraphCutSegmenter(geodesic_weight=0.0, colour_clip=0.0, pairwise_weight=7.0, prior_edges=1.0),
]
LABELS: tuple[Label, Label] = (OUTSIDE, INSIDE)


def random_prior(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Draw log-odds: blocks, a ramp, noise with infinities, or nothing known."""
    kind = rng.integers(4)
    log_odds: NDArray[np.float64] = rng.normal(0, 6, shape)
    if kind == 0:
        blocks = rng.normal(0, 6, (shape[0] // 4 + 1, shape[1] // 4 + 1))
        log_odds = blocks.repeat(4, axis=0).repeat(4, axis=1)[: shape[0], : shape[1]]
    elif kind == 1:
        log_odds = np.linspace(-10, 10, shape[0])[:, None] + np.linspace(-5, 5, shape[1])
    elif kind == 2:
        log_odds[rng.random(shape) < 0.1] = rng.choice([-np.inf, np.inf])
    else:
        log_odds[:] = 0
    return log_odds


@pytest.mark.parametrize("segmenter", SETTINGS)
@pytest.mark.parametrize("seed", range(12))
def test_energy_is_the_formula_and_the_mask_its_minimum(segmenter: GraphCutSegmenter, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(3, 16)), int(rng.integers(3, 16)))
    image = random_image(rng, shape)
    session = segmenter.begin(image)
    scribbles = (np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool))
    for label in LABELS:
        label_at_random(session, rng, scribbles, label)
    if not scribbles[INSIDE].any():
        pytest.skip("the outside pen covered every inside stroke")
    free = ~(scribbles[INSIDE] | scribbles[OUTSIDE]).ravel()
    for _ in range(3):
        log_odds = random_prior(rng, shape)
        session.set_prior(log_odds)
        mask = session.cut()
        unary, weight = reference_energy(segmenter, image, scribbles, log_odds)
        np.testing.assert_allclose(
            session.unaries.ravel()[free], unary[free], atol=0.5 + 2 / 1024 + 0.02 * segmenter.geodesic_weight
        )
        np.testing.assert_array_equal(mask, minimum_cut(segmenter, session.unaries, weight, scribbles))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), segmenter=st.sampled_from(SETTINGS))
def test_strokes_and_new_priors_in_any_order_equal_a_cold_cut(seed: int, segmenter: GraphCutSegmenter) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 40)), int(rng.integers(1, 40)))
    image = random_image(rng, shape)
    session = segmenter.begin(image)
    scribbles = (np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool))
    log_odds: NDArray[np.float64] | None = None
    for _ in range(12):
        if rng.random() < 0.4:
            log_odds = None if rng.random() < 0.2 else random_prior(rng, shape)
            session.set_prior(log_odds)
        if rng.random() < 0.8:
            label_at_random(session, rng, scribbles, LABELS[rng.integers(2)])
        if rng.random() < 0.3:
            session = session.copy()
        if rng.random() < 0.3:
            continue  # several changes between two cuts
        warm = session.cut()
        np.testing.assert_array_equal(warm, segmenter.segment(image, scribbles[INSIDE], scribbles[OUTSIDE], log_odds))
        assert not (warm & scribbles[OUTSIDE]).any()
        assert warm[scribbles[INSIDE]].all()


def test_a_copy_keeps_its_prior() -> None:
    rng = np.random.default_rng(3)
    segmenter = GraphCutSegmenter(prior_edges=5.0)
    image = random_image(rng, (20, 30))
    first, second = random_prior(rng, (20, 30)), rng.normal(0, 4, (20, 30))
    session = segmenter.begin(image)
    session.set_prior(first)
    before = add(session, np.array([[10, 10]]), INSIDE)
    twin = session.copy()
    twin.set_prior(second)
    twin.cut()
    np.testing.assert_array_equal(session.cut(), before)
    np.testing.assert_array_equal(
        add(session, np.array([[2, 2]]), OUTSIDE), add(session.copy(), np.empty((0, 2), int), 1)
    )


def test_a_prior_alone_marks_nothing_and_a_click_takes_its_object() -> None:
    image = np.full((30, 40, 3), 90, np.uint8)  # no edge and no colour tells where the object is
    object_ = np.zeros((30, 40), np.bool_)
    object_[8:20, 5:25] = True
    session = GraphCutSegmenter(prior_edges=10.0).begin(image)
    session.set_prior(np.where(object_, 4.0, -4.0))
    assert not session.cut().any()
    np.testing.assert_array_equal(add(session, np.array([[12, 12]]), INSIDE), object_)
    other = np.roll(object_, 6, axis=1)
    session.set_prior(np.where(other, 4.0, -4.0))
    np.testing.assert_array_equal(session.cut(), other)
    session.set_prior(None)
    np.testing.assert_array_equal(session.cut(), add(GraphCutSegmenter().begin(image), np.array([[12, 12]]), INSIDE))


def test_a_prior_of_another_kind_is_refused_and_changes_nothing() -> None:
    session = GraphCutSegmenter().begin(np.zeros((4, 5, 3), np.uint8))
    before = add(session, np.array([[1, 1]]), INSIDE)
    with pytest.raises(ValueError, match=r"float64 \(5, 4\); it must be floats of shape \(4, 5\)"):
        session.set_prior(np.zeros((5, 4)))
    with pytest.raises(ValueError, match="uint8"):
        session.set_prior(np.zeros((4, 5), np.uint8))
    with pytest.raises(ValueError, match="NaN"):
        session.set_prior(np.full((4, 5), np.nan))
    np.testing.assert_array_equal(session.cut(), before)
    with pytest.raises(ValueError, match="prior_weight"):
        GraphCutSegmenter(prior_weight=-1.0)
    with pytest.raises(ValueError, match="prior_edges"):
        GraphCutSegmenter(prior_edges=1001.0)
