"""Conflicts between strokes of agents and users, compared with distances computed segment by segment."""

import tracemalloc
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import blob_sample

from cutout_rl.segmenters import make_segmenter
from cutout_rl.web.conflicts import REACH, effective_edits
from cutout_rl.web.drawing import Drawing
from cutout_rl.web.edits import PERSON, Box, Edit, Stroke

AGENT = "an agent"
coordinates = st.integers(0, 60)
strokes = st.builds(
    Stroke,
    st.sampled_from(("inside", "outside", "erase")),
    st.just(3.0),
    st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=3).map(tuple),
    st.sampled_from((PERSON, AGENT)),
)


def from_point(point: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """Return the distance from a point to a segment."""
    way = end - start
    share = np.clip(np.dot(point - start, way) / max(np.dot(way, way), 1e-12), 0, 1)
    return float(np.hypot(*(start + share * way - point)))


def cross(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> bool:
    """Return whether the segments ab and cd cross in their interiors."""

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> float:
        return float(np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])))

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def distance(one: Stroke, other: Stroke) -> float:
    """Return the least distance of two lines."""
    lines = [[np.array(p, float) for p in (*stroke.points, stroke.points[-1])] for stroke in (one, other)]
    found = [np.inf]
    for a, b in pairwise(lines[0]):
        for c, d in pairwise(lines[1]):
            found.append(0.0 if cross(a, b, c, d) else np.inf)
            found += [from_point(a, c, d), from_point(b, c, d), from_point(c, a, b), from_point(d, a, b)]
    return min(found)


@settings(max_examples=200)
@given(st.lists(strokes, max_size=6), st.sampled_from((4.0, 9.0, 20.0)))
def test_what_is_near_a_later_stroke_of_the_other_pen_falls(edits: list[Stroke], reach: float) -> None:
    left = {id(edit) for edit in effective_edits(edits, reach)}
    for number, edit in enumerate(edits):
        against = [
            distance(edit, later)
            for later in edits[number + 1 :]
            if edit.by == AGENT and later.by == PERSON and {edit.pen, later.pen} == {"inside", "outside"}
        ]
        nearest = min(against, default=np.inf)
        if nearest > reach:
            assert id(edit) in left
        elif nearest < 0.98 * reach:  # distances are computed between sampled points
            assert id(edit) not in left


def test_boxes_stand_and_undoing_restores_conflicting_strokes() -> None:
    sample = blob_sample(64, 1)
    drawn: list[Edit] = [Box(0, 0, 64, 64), Stroke("inside", 3, ((30, 30), (40, 30)), AGENT)]
    drawing = Drawing(sample.image, make_segmenter("graphcut"), drawn)
    before = drawing.mask()
    assert drawing.labels[30, 35] == 1
    near = 30 + int(REACH * 64) - 1
    drawing.apply(Stroke("outside", 1, ((35, near),)))
    assert drawing.edits[:2] == drawn
    assert not (drawing.labels == 1).any()
    assert drawing.full_labels()[near, 35] == 2
    assert not (drawing.full_labels() == 1).any()
    drawing.undo()
    assert drawing.labels[30, 35] == 1
    assert np.array_equal(drawing.mask(), before)
    drawing.apply(Stroke("outside", 1, ((35, near + 2),)))
    assert drawing.labels[30, 35] == 1


def test_a_long_zigzag_against_many_strokes_takes_little_memory() -> None:
    turns = tuple((float(1000 * (number % 2)), number / 6) for number in range(6000))
    agents: list[Edit] = [Stroke("inside", 3, ((4.0 * n, 0.0), (4.0 * n, 900.0)), AGENT) for n in range(200)]
    far = Stroke("inside", 3, ((1400.0, 0.0), (1500.0, 0.0)), AGENT)
    tracemalloc.start()
    try:
        left = effective_edits([*agents, far, Stroke("outside", 3, turns)], 125)
        assert tracemalloc.get_traced_memory()[1] < 2**28
    finally:
        tracemalloc.stop()
    assert left[:-1] == [far]
