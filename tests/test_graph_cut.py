"""The graph-cut segmenter: energy against NumPy and OR-tools, warm against cold start, corner cases."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from ortools.graph.python import max_flow
from scenes import add
from scipy import ndimage, sparse
from scipy.sparse import csgraph

from cutout_rl.segmenters.colour_model import to_lab
from cutout_rl.segmenters.energy import contrast_weights
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


def random_image(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw an image: noise, smooth, few colours, or one colour."""
    noise = rng.integers(0, 256, size=(*shape, 3)).astype(np.float64)
    kind = rng.integers(4)
    if kind == 1:
        noise = ndimage.gaussian_filter(noise, (2, 2, 0)) * 2 - 128
    elif kind == 2:
        noise = np.floor(noise / 128) * 100
    elif kind == 3:
        noise[:] = noise[0, 0]
    return np.clip(noise, 0, 255).astype(np.uint8)


def stroke(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Draw the (N, 2) pixels of a short line, repeated pixels included."""
    start = rng.integers(0, shape)
    line = start + np.arange(rng.integers(1, 6))[:, None] * rng.integers(-1, 2, size=2)
    return np.clip(line, 0, np.array(shape) - 1)


def links(shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """List the flat indices of every pair of 4-neighbours once."""
    index = np.arange(shape[0] * shape[1]).reshape(shape)
    tails = np.concatenate([index[:, :-1].ravel(), index[:-1].ravel()])
    return tails, np.concatenate([index[:, 1:].ravel(), index[1:].ravel()])


def reference_energy(
    segmenter: GraphCutSegmenter, image: NDArray[np.uint8], scribbles: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute U (per pixel) and W (per link) in nats by the docstring's formula; both scribbles are non-empty."""
    shape = (image.shape[0], image.shape[1])
    lab = to_lab(image) / 100
    tails, heads = links(shape)
    walk = np.full(shape, 1 / 75)
    for axis in (0, 1):
        slope = ndimage.correlate1d(lab / 10, [-0.5, 0, 0.5], axis=axis, mode="nearest")
        slope = ndimage.correlate1d(slope, [1 / 9, 7 / 9, 1 / 9], axis=1 - axis, mode="nearest")
        walk += np.square(slope).sum(axis=2)
    walk = np.minimum(walk, 10).ravel()
    border = np.zeros(shape, dtype=bool)
    border[[0, -1]] = border[:, [0, -1]] = segmenter.border_prior
    graph = sparse.coo_matrix(((walk[tails] + walk[heads]) / 2, (tails, heads)), shape=(walk.size,) * 2)
    outside, inside = (
        csgraph.dijkstra(graph, directed=False, indices=np.flatnonzero(start), min_only=True)
        for start in (scribbles[OUTSIDE] | border, scribbles[INSIDE])
    )
    unary = segmenter.geodesic_weight * (outside - inside) / np.maximum(outside + inside, 1e-9)

    low, high = lab.min(axis=(0, 1)), lab.max(axis=(0, 1)) + 0.01
    cells = np.floor((lab - low) / (high - low) * 16 + 1e-9).astype(int).reshape(-1, 3)
    kernel = np.array([1, 4, 1]) / 6
    seen = []
    for weight in (
        scribbles[OUTSIDE] + 5 / 16 * (border & ~scribbles[INSIDE] & ~scribbles[OUTSIDE]),
        scribbles[INSIDE],
    ):
        histogram = np.zeros((16, 16, 16))
        np.add.at(histogram, tuple(cells.T), weight.ravel() / weight.sum())
        for axis in range(3):
            histogram = ndimage.correlate1d(histogram, kernel, axis=axis, mode="constant")
        seen.append(histogram[tuple(cells.T)] + 1 / (16 * 6**3))
    unary += np.clip(np.log(seen[INSIDE] / seen[OUTSIDE]), -segmenter.colour_clip, segmenter.colour_clip)

    return unary, reference_weights(lab, segmenter.pairwise_weight)


def reference_weights(lab: NDArray[np.float64], pairwise_weight: float) -> NDArray[np.float64]:
    """Compute W (per link) in nats by the docstring's formula."""
    shape = (lab.shape[0], lab.shape[1])
    tails, heads = links(shape)
    squares = np.square(lab.reshape(-1, 3)[tails] - lab.reshape(-1, 3)[heads]).sum(axis=1)
    if not squares.any():
        return np.full(len(squares), pairwise_weight)
    ends, both = np.concatenate([tails, heads]), np.tile(squares, 2)
    nearby = np.empty(shape)
    for row, column in np.ndindex(shape):
        square = np.zeros(shape, dtype=bool)
        square[max(row - 8, 0) : row + 9, max(column - 8, 0) : column + 9] = True
        nearby[row, column] = both[square.ravel()[ends]].mean()
    mean = 0.6 * squares.mean() + 0.4 * nearby.ravel()
    contrast = 1 + (squares / (0.06 * (mean[tails] + mean[heads]) / 2)) ** 0.75
    return pairwise_weight / contrast


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
        line = stroke(rng, shape)
        mask = add(session, line, label)
        scribbles[label][tuple(line.T)] |= ~scribbles[1 - label][tuple(line.T)]
    if not scribbles[INSIDE].any():
        pytest.skip("the outside pen covered every inside stroke")

    unary, weight = reference_energy(segmenter, image, scribbles)
    seeds = scribbles[OUTSIDE] | scribbles[INSIDE]
    # U is rounded to whole nats, its colour term to 1/512 nat; integer geodesic distances need a tolerance of 0.02.
    units = session.unaries.ravel()[~seeds.ravel()]
    np.testing.assert_allclose(units, unary[~seeds.ravel()], atol=0.5 + 1 / 1024 + 0.02 * segmenter.geodesic_weight)

    source, sink = unary.size, unary.size + 1
    tails, heads = links(shape)
    capacity = np.floor(weight + 0.5).astype(np.int64)
    terminal = np.rint(session.unaries.ravel()).astype(np.int64)
    terminal[seeds.ravel()] = np.where(scribbles[INSIDE].ravel()[seeds.ravel()], 10**6, -(10**6))
    pixels = np.arange(unary.size)
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate([tails, heads, np.where(terminal > 0, source, pixels)]),
        np.concatenate([heads, tails, np.where(terminal > 0, pixels, sink)]),
        np.concatenate([capacity, capacity, np.abs(terminal)]),
    )
    assert solver.solve(source, sink) == solver.OPTIMAL
    expected = np.zeros(unary.size + 2, dtype=bool)
    expected[solver.get_source_side_min_cut()] = True
    cut = expected[: unary.size].reshape(shape)
    if segmenter.components:
        parts, _ = ndimage.label(cut, structure=np.ones((3, 3)))
        cut &= np.isin(parts, parts[scribbles[INSIDE]])
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


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), segmenter=st.sampled_from(SETTINGS))
def test_warm_equals_cold_bit_for_bit(seed: int, segmenter: GraphCutSegmenter) -> None:
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 40)), int(rng.integers(1, 40)))
    image = random_image(rng, shape)
    session = segmenter.begin(image)
    scribbles = (np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool))
    for _ in range(12):
        label = INSIDE if rng.integers(2) else OUTSIDE
        line = stroke(rng, shape)
        warm = add(session, line, label)
        scribbles[label][tuple(line.T)] |= ~scribbles[1 - label][tuple(line.T)]
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
    with pytest.raises(ValueError, match="differ in size"):
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
