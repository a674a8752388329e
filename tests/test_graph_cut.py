"""The graph-cut segmenter: energy against NumPy and OR-tools, warm against cold start, corner cases."""

from itertools import chain

import numpy as np
import pytest
from energy_reference import (
    label_at_random,
    minimum_cut,
    random_image,
    reference_energy,
    reference_weights,
    stroke,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import add

from cutout_rl.segmenters.colour_model import to_lab
from cutout_rl.segmenters.energy import SEED, SEED_NATS, contrast_weights, in_nats
from cutout_rl.segmenters.graph_cut import GraphCutSegmenter
from cutout_rl.segmenters.graph_cut_session import GraphCutSession
from cutout_rl.segmenters.padded_grid import DIRECTIONS
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE, Label

COMPASS = [(-1, 0), (1, 0), (0, -1), (0, 1)]
SETTINGS = [
    GraphCutSegmenter(),
    GraphCutSegmenter(border_prior=False),
    GraphCutSegmenter(geodesic_weight=0.0),
    GraphCutSegmenter(colour_clip=0.0, components=False),
    GraphCutSegmenter(geodesic_weight=0.0, colour_clip=0.0, pairwise_weight=12.5),
]


@pytest.mark.parametrize("segmenter", SETTINGS)
@pytest.mark.parametrize("seed", range(15))
def test_energy_is_the_formula_and_the_mask_its_minimum(segmenter: GraphCutSegmenter, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(3, 16)), int(rng.integers(3, 16)))
    image = random_image(rng, shape)
    session = segmenter.begin(image)
    scribbles = (np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool))
    mask = np.zeros(shape, dtype=bool)
    labels: tuple[Label, ...] = (OUTSIDE, INSIDE, OUTSIDE, INSIDE)
    for label in labels:
        label_at_random(session, rng, scribbles, label)
        mask = session.cut()
    if not scribbles[INSIDE].any():
        pytest.skip("the outside pen covered every inside stroke")

    unary, weight = reference_energy(segmenter, image, scribbles)
    seeds = scribbles[OUTSIDE] | scribbles[INSIDE]
    # U is rounded to whole nats, its colour term to 1/512 nat; integer geodesic distances need a tolerance of 0.02.
    units = session.unaries.ravel()[~seeds.ravel()]
    np.testing.assert_allclose(units, unary[~seeds.ravel()], atol=0.5 + 1 / 1024 + 0.02 * segmenter.geodesic_weight)

    cut = minimum_cut(segmenter, session.unaries, weight, scribbles)
    np.testing.assert_array_equal(mask, cut)


@pytest.mark.parametrize("shape", [(1, 40), (17, 18), (19, 40), (41, 23)])
def test_weights_are_the_formula_on_images_larger_than_the_neighbourhood(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(sum(shape))
    # Strong contrasts on one side, faint ones on the other: the local mean differs from place to place.
    image = np.clip(128 + rng.normal(size=(*shape, 3)) * np.linspace(1, 60, shape[1])[:, None], 0, 255)
    lab = to_lab(image.astype(np.uint8))
    padded = contrast_weights(lab, 16000.0).reshape(shape[0] + 2, shape[1] + 2, 4)[1:-1, 1:-1]
    north, south, west, east = np.moveaxis(padded, -1, 0)[[DIRECTIONS.index(way) for way in COMPASS]]
    found = np.concatenate([east[:, :-1].ravel(), south[:-1].ravel()])
    np.testing.assert_allclose(found, reference_weights(lab / 100, 16000.0), atol=0.5 + 1e-6)
    np.testing.assert_array_equal(found, np.concatenate([west[:, 1:].ravel(), north[1:].ravel()]))
    assert not north[0].any()
    assert not south[-1].any()
    assert not west[:, 0].any()
    assert not east[:, -1].any()


def test_stored_unaries_stand_for_themselves_in_the_formula_or_for_the_seeds() -> None:
    for unary in (0, 1, 700, SEED - 1):
        assert (in_nats(unary), in_nats(-unary)) == (unary, -unary)
    assert (in_nats(SEED), in_nats(-SEED)) == (SEED_NATS, -SEED_NATS)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), segmenter=st.sampled_from(SETTINGS))
def test_warm_equals_cold_bit_for_bit(seed: int, segmenter: GraphCutSegmenter) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 40)), int(rng.integers(1, 40)))
    image = random_image(rng, shape)
    session = segmenter.begin(image)
    scribbles = (np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool))
    for _ in range(12):
        label_at_random(session, rng, scribbles, INSIDE if rng.integers(2) else OUTSIDE)
        warm = session.cut()
        np.testing.assert_array_equal(warm, segmenter.segment(image, scribbles[INSIDE], scribbles[OUTSIDE]))
        assert not (warm & scribbles[OUTSIDE]).any()
        assert warm[scribbles[INSIDE]].all()


@pytest.mark.parametrize("seed", range(8))
def test_copies_go_their_own_way(seed: int) -> None:
    shape = (20, 30)
    rng = np.random.default_rng(seed)
    image = random_image(rng, shape)
    strokes = [(stroke(rng, shape), INSIDE if rng.integers(2) else OUTSIDE) for _ in range(12)]
    common, own, twins = strokes[:4], strokes[4:8], strokes[8:]

    def replayed(*parts: list[tuple[NDArray[np.int64], Label]]) -> GraphCutSession:
        session = GraphCutSegmenter().begin(image)
        for line, label in chain(*parts):
            add(session, line, label)
        return session

    session = replayed(common)
    twin = session.copy()
    # In turn, so that each would see what the other writes into shared memory.
    for mine, its in zip(own, twins, strict=True):
        session.label(*mine)
        twin.label(*its)
        session.cut()
        twin.cut()
    for player, expected in ((session, replayed(common, own)), (twin, replayed(common, twins))):
        np.testing.assert_array_equal(player.unaries, expected.unaries)
        np.testing.assert_array_equal(player.cut(), expected.cut())


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (6, 11)])
@pytest.mark.parametrize("kind", ["noise", "one colour"])
class TestOnePen:
    """Masks before both pens have drawn."""

    @pytest.fixture
    def image(self, shape: tuple[int, int], kind: str) -> NDArray[np.uint8]:
        image = np.random.default_rng(1).integers(0, 256, size=(*shape, 3)).astype(np.uint8)
        return np.full_like(image, 90) if kind == "one colour" else image

    def test_no_strokes_no_mask(self, image: NDArray[np.uint8], shape: tuple[int, int]) -> None:
        nothing = np.zeros(shape, dtype=bool)
        assert not GraphCutSegmenter().segment(image, nothing, nothing).any()
        assert not add(GraphCutSegmenter().begin(image), np.empty((0, 2), dtype=int), INSIDE).any()

    def test_inside_pen_alone_takes_everything(self, image: NDArray[np.uint8]) -> None:
        assert add(GraphCutSegmenter(border_prior=False).begin(image), np.array([[0, 0]]), INSIDE).all()

    def test_outside_pen_alone_takes_nothing(self, image: NDArray[np.uint8]) -> None:
        assert not add(GraphCutSegmenter().begin(image), np.array([[0, 0]]), OUTSIDE).any()

    def test_first_label_wins(self, image: NDArray[np.uint8]) -> None:
        session = GraphCutSegmenter().begin(image)
        everything = np.argwhere(np.ones(image.shape[:2], dtype=bool))
        before = add(session, everything, INSIDE)
        assert before.all()
        np.testing.assert_array_equal(add(session, everything, OUTSIDE), before)


def test_one_colour_is_shared_by_distance() -> None:
    session = GraphCutSegmenter(border_prior=False).begin(np.full((9, 20, 3), 128, dtype=np.uint8))
    rows = np.arange(9)
    add(session, np.stack([rows, np.full(9, 0)], axis=1), INSIDE)
    mask = add(session, np.stack([rows, np.full(9, 19)], axis=1), OUTSIDE)
    # Where both distances are nearly equal, the unary rounds to 0.
    assert mask[:, :7].all()
    assert not mask[:, 10:].any()


def test_inside_pen_alone_is_cut_against_the_border() -> None:
    image = np.full((24, 30, 3), 60, dtype=np.uint8)
    image[6:17, 8:20] = 200
    mask = add(GraphCutSegmenter().begin(image), np.array([[11, 14]]), INSIDE)
    np.testing.assert_array_equal(mask, image[..., 0] == 200)


def test_masks_are_fresh() -> None:
    session = GraphCutSegmenter(border_prior=False, components=False).begin(np.zeros((4, 5, 3), dtype=np.uint8))
    first = add(session, np.array([[1, 1]]), INSIDE)
    first[:] = False
    assert add(session, np.empty((0, 2), dtype=int), INSIDE).all()


def test_overlap_and_sizes_are_refused() -> None:
    image = np.zeros((4, 5, 3), dtype=np.uint8)
    some = np.zeros((4, 5), dtype=bool)
    some[1, 1] = True
    with pytest.raises(ValueError, match="both inside and outside"):
        GraphCutSegmenter().segment(image, some, some)
    with pytest.raises(ValueError, match="both scribbles"):
        GraphCutSegmenter().segment(image, some.T, some.T)
    with pytest.raises(ValueError, match="uint8"):
        GraphCutSegmenter().begin(image.astype(np.float32))
    with pytest.raises(ValueError, match="not empty"):
        GraphCutSegmenter().begin(image[:0])
    with pytest.raises(ValueError, match="pairwise_weight"):
        GraphCutSegmenter(pairwise_weight=17000.0)


@pytest.mark.parametrize("pixel", [(-1, 0), (4, 0), (0, 5), (0, -1)])
def test_pixels_outside_the_image_are_refused_and_change_nothing(pixel: tuple[int, int]) -> None:
    session = GraphCutSegmenter().begin(np.zeros((4, 5, 3), dtype=np.uint8))
    with pytest.raises(IndexError, match="outside the image"):
        add(session, np.array([[0, 0], pixel]), INSIDE)
    assert not add(session, np.empty((0, 2), dtype=int), INSIDE).any()
    with pytest.raises(ValueError, match="shape"):
        add(session, np.array([1, 2]), INSIDE)
    with pytest.raises(ValueError, match="label"):
        add(session, np.array([[1, 2]]), 2)  # type: ignore[arg-type]
