"""Strokes: the pen's tip, what a stroke marks, which label stays, and how far a head can travel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scenes import stroke

from cutout_rl.game.rules import DIRECTION_NAMES, DIRECTIONS
from cutout_rl.game.strokes import pen_tip, travel

SIZE = 20
sizes = st.integers(0, SIZE - 1)
heads = st.tuples(sizes, sizes)
directions = st.sampled_from([(int(row), int(column)) for row, column in DIRECTIONS])
widths = st.integers(1, SIZE // 4)


def steps_to_the_border(head: tuple[int, int], direction: tuple[int, int], size: int) -> int:
    """Walk until the next pixel would lie outside."""
    row, column = head
    steps = 0
    while 0 <= row + direction[0] < size and 0 <= column + direction[1] < size:
        row, column = row + direction[0], column + direction[1]
        steps += 1
    return steps


def disc(shape: tuple[int, int], head: tuple[int, int], width: int) -> NDArray[np.bool_]:
    """Mark the pixels whose centre lies in a disc of a diameter, in half pixels so that all numbers are whole."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    # The centre of an even disc is the corner between four pixels, half a pixel up and left of the head.
    shift = 0 if width % 2 else 1
    down, right = 2 * (rows - head[0]) + shift, 2 * (columns - head[1]) + shift
    return np.asarray(down * down + right * right <= width * width)


@pytest.mark.parametrize("width", range(1, 17))
def test_tip_is_a_disc_of_that_diameter(width: int) -> None:
    tip = pen_tip(width)
    marked = np.zeros((40, 40), np.bool_)
    marked[tuple((tip + 20).T)] = True
    assert len(tip) == marked.sum()
    assert np.array_equal(marked, disc((40, 40), (20, 20), width))
    assert np.flatnonzero(marked.any(axis=0)).size == np.flatnonzero(marked.any(axis=1)).size == width


def test_tip_cannot_be_written_by_one_caller_for_the_next() -> None:
    with pytest.raises(ValueError, match="read-only"):
        pen_tip(3)[0] = 0


def test_directions_run_clockwise_from_north() -> None:
    assert DIRECTION_NAMES[0] == "N"
    # Rows grow downwards, so the compass angle of a step is atan2(east, north).
    angles = np.degrees(np.arctan2(DIRECTIONS[:, 1], -DIRECTIONS[:, 0])) % 360
    assert np.allclose(angles, 45 * np.arange(8))
    letters = {"N": (-1, 0), "E": (0, 1), "S": (1, 0), "W": (0, -1)}
    for name, step in zip(DIRECTION_NAMES, DIRECTIONS, strict=True):
        assert tuple(step) == tuple(np.sum([letters[letter] for letter in name], axis=0))


@given(
    heads,
    directions,
    st.integers(0, SIZE),
    widths,
    st.integers(1, 2),
    st.integers(0, 2**32 - 1),
)
def test_stroke_marks_the_union_of_discs_and_no_labelled_pixel(
    head: tuple[int, int], direction: tuple[int, int], length: int, width: int, label: int, seed: int
) -> None:
    before = np.random.default_rng(seed).choice(3, (SIZE, SIZE), p=[0.8, 0.1, 0.1]).astype(np.uint8)
    length = min(length, steps_to_the_border(head, direction, SIZE))
    swept = np.zeros((SIZE, SIZE), np.bool_)
    for k in range(length + 1):
        swept |= disc((SIZE, SIZE), (head[0] + k * direction[0], head[1] + k * direction[1]), width)

    labels = before.copy()
    marked = stroke(labels, head, direction, length, width, label)

    assert np.array_equal(labels, np.where(swept & (before == 0), label, before))
    assert marked.dtype == np.int32
    newly = np.argwhere(swept & (before == 0))
    assert sorted(map(tuple, marked.tolist())) == sorted(map(tuple, newly.tolist()))


@given(heads, directions)
def test_a_head_travels_to_the_border_at_most(head: tuple[int, int], direction: tuple[int, int]) -> None:
    to_the_border = steps_to_the_border(head, direction, SIZE)
    for length in (1, to_the_border, SIZE):
        assert travel(*head, *direction, length, SIZE) == min(length, to_the_border)


def test_first_label_stays_where_strokes_cross() -> None:
    labels = np.zeros((9, 9), np.uint8)
    stroke(labels, (4, 0), (0, 1), 8, 1, 1)
    marked = stroke(labels, (0, 4), (1, 0), 8, 1, 2)
    assert labels[4, 4] == 1
    assert [4, 4] not in marked.tolist()
    assert len(marked) == 8
    assert len(stroke(labels, (4, 0), (0, 1), 8, 1, 2)) == 0


@pytest.mark.parametrize("corner", [(0, 0), (0, SIZE - 1), (SIZE - 1, 0), (SIZE - 1, SIZE - 1)])
def test_width_is_clipped_at_the_border(corner: tuple[int, int]) -> None:
    labels = np.zeros((SIZE, SIZE), np.uint8)
    marked = stroke(labels, corner, (0, 0), 0, 5, 1)
    assert ((marked >= 0) & (marked < SIZE)).all()
    # A quarter of the disc of 21 pixels, its axes included.
    assert (labels == 1).sum() == len(marked) == 8
