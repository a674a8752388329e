"""A expert that traces the contour: it knows the truth and plans on a map of distances, without trying any cut."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.game import Game
from cutout_rl.game.rules import DIRECTIONS, N_DIRECTIONS, N_MOVES
from cutout_rl.game.strokes import LABELLED_INSIDE, LABELLED_OUTSIDE, pen_tip
from cutout_rl.utils.threads import map_games

DISCOUNT: Final = 0.8  # of what a later move brings
BEST_DISTANCE: Final = 3.0  # px from the contour at which a pen runs best
REACH: Final = 8  # px from the contour; farther away all pixels are alike
SERVED_RADIUS: Final = 4  # px; so near to a scribble of its side a pixel is worth nothing any more
ERROR_WORTH: Final = 2.0  # of a pixel that the newest mask gets wrong, against 1 on the contour line
TARGET_SHARE: Final = 0.75  # of the highest worth: from there on a pixel is worth a journey
HARM: Final = 1000.0  # of a pixel labelled on the wrong side: more than all clean moves looked at bring

_NO_SIDE: Final = 2
_SERVED_KERNEL: Final = np.ones((2 * SERVED_RADIUS + 1, 2 * SERVED_RADIUS + 1), np.uint8)


class TracingExpert:
    """Runs the inside pen along the object's inner edge and the outside pen round it, errors of the mask first.

    A pixel on its pen's side is worth most `BEST_DISTANCE` px from the contour, `ERROR_WORTH` more where the newest
    mask is wrong, and nothing next to a scribble. A move is worth what its line passes over, plus the discounted best
    of what the same pen can pass over in its next two moves without touching the wrong side, plus, at the end of that,
    the discounted journey to the nearest pixel worth one. Pixels labelled on the wrong side cost more than any move
    brings, for they keep their label.

    The choice depends on the game's state alone, so it can label every state that a learner gets into (DAgger, Ross,
    Gordon and Bagnell, AISTATS 2011). Among equals the first move is made.

    Attributes:
        watch_mask: whether to look at the game's newest mask. It costs no cut where the reward needs one at every step
            anyway; without it the contour alone is traced, in whatever order lies near.
    """

    sees_truth = True

    def __init__(self, watch_mask: bool = True) -> None:
        """Choose whether to look at the mask."""
        self.watch_mask = watch_mask
        self.label = "tracing expert" if watch_mask else "blind tracing expert"

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose the move of the highest value in every game."""
        return np.array([values.argmax() for values in map_games(self.move_values, games)], np.int64)

    def move_values(self, game: Game) -> NDArray[np.float32]:
        """Value the 16 moves.

        Returns:
            (16,) float32, about the number of contour pixels that a move and those after it serve, discounted; below
            0 where a move draws on the wrong side.
        """
        labels, mask = game.labels, game.sample.mask
        side = (~mask).view(np.uint8)
        side[game.sample.void] = _NO_SIDE
        wrong = (game.mask != mask).view(np.uint8) if self.watch_mask else np.zeros_like(side)
        served = np.empty((2, *side.shape), np.uint8)
        harm = np.empty((2, *side.shape), np.uint8)
        for pen, label in enumerate((LABELLED_INSIDE, LABELLED_OUTSIDE)):
            cv2.dilate((labels == label).view(np.uint8), _SERVED_KERNEL, dst=served[pen])
            harmed = ((side == 1 - pen) & (labels == 0)).view(np.uint8)
            cv2.filter2D(harmed, -1, _tip_kernel(game.rules.pen_width), dst=harm[pen], borderType=cv2.BORDER_CONSTANT)
        worth = _worths(side, labels, wrong, served)
        return _value_moves(side, worth, harm, np.array(game.heads, np.int64), game.rules.step_len)


@cache
def _tip_kernel(pen_width: int) -> NDArray[np.uint8]:
    kernel = np.zeros((2 * pen_width + 1, 2 * pen_width + 1), np.uint8)
    kernel[tuple((pen_tip(pen_width) + pen_width).T)] = 1
    return kernel


@numba.njit(cache=True, nogil=True)
def contour_distance(side: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Measure how far every pixel is from the nearest one of another class, Euclidean, exact up to `REACH`.

    Args:
        side: (H, W) uint8, a class for each pixel.

    Returns:
        (H, W) float32 in px between pixel centres, at least 1 and at most `REACH`.
    """
    height, width = side.shape
    along_row = np.full((height, width), REACH * REACH, np.uint8)
    for row in range(height):
        since = REACH
        for column in range(1, width):
            since = 1 if side[row, column] != side[row, column - 1] else min(since + 1, REACH)
            along_row[row, column] = since * since
        since = REACH
        for column in range(width - 2, -1, -1):
            since = 1 if side[row, column] != side[row, column + 1] else min(since + 1, REACH)
            along_row[row, column] = min(since * since, along_row[row, column])
    distance = np.empty((height, width), np.float32)
    nearest = np.empty(width, np.uint8)  # bytes throughout, so that the inner loop is vectorised
    for row in range(height):
        nearest[:] = along_row[row]
        for other in range(max(row - REACH + 1, 0), min(row + REACH, height)):
            away = np.uint8((other - row) * (other - row))
            for column in range(width):
                same = side[other, column] == side[row, column]
                squared = np.uint8(away + (along_row[other, column] if same else np.uint8(0)))
                nearest[column] = squared if squared < nearest[column] else nearest[column]
        for column in range(width):
            distance[row, column] = np.sqrt(np.float32(nearest[column]))
    return distance


@numba.njit(cache=True, nogil=True)
def _worths(
    side: NDArray[np.uint8], labels: NDArray[np.uint8], wrong: NDArray[np.uint8], served: NDArray[np.uint8]
) -> NDArray[np.float32]:
    worth = contour_distance(side)
    for row in range(worth.shape[0]):
        for column in range(worth.shape[1]):
            pen = side[row, column]
            if pen == _NO_SIDE or labels[row, column] > 0 or served[pen, row, column] > 0:
                worth[row, column] = 0
            else:
                worth[row, column] = 1 - abs(worth[row, column] - BEST_DISTANCE) / REACH
                worth[row, column] += ERROR_WORTH * wrong[row, column]
    return worth


@numba.njit(cache=True, nogil=True)
def _value_moves(
    side: NDArray[np.uint8],
    worth: NDArray[np.float32],
    harm: NDArray[np.uint8],
    heads: NDArray[np.int64],
    step_len: int,
) -> NDArray[np.float32]:
    values = np.empty(N_MOVES, np.float32)
    taken = np.empty((3, step_len), np.float32)
    target_worth = TARGET_SHARE * worth.max()
    for pen in range(2):
        journey = _journeys(side, worth, harm[pen], pen, heads[pen], target_worth, step_len)
        head_row, head_column = heads[pen]
        for direction in range(N_DIRECTIONS):
            row, column, gain, harmed = _take(worth, harm[pen], head_row, head_column, direction, step_len, taken[0])
            onward = _best_of_two(worth, harm[pen], journey, row, column, step_len, taken)
            values[pen * N_DIRECTIONS + direction] = gain - HARM * harmed + DISCOUNT * onward
            _put_back(worth, head_row, head_column, row, column, direction, taken[0])
    return values


@numba.njit(cache=True, nogil=True)
def _best_of_two(
    worth: NDArray[np.float32],
    harm: NDArray[np.uint8],
    journey: NDArray[np.float32],
    row: int,
    column: int,
    step_len: int,
    taken: NDArray[np.float32],
) -> float:
    """Value the best two clean moves from a place, or none where none pays."""
    best = float(journey[row, column])
    # Two loops and no recursion: numba's cache cannot be trusted with a function that calls itself.
    for second in range(N_DIRECTIONS):
        r2, c2, gain2, harm2 = _take(worth, harm, row, column, second, step_len, taken[1])
        if harm2 == 0:
            best_third = float(journey[r2, c2])
            for third in range(N_DIRECTIONS):
                r3, c3, gain3, harm3 = _take(worth, harm, r2, c2, third, step_len, taken[2])
                if harm3 == 0:
                    best_third = max(best_third, gain3 + DISCOUNT * journey[r3, c3])
                _put_back(worth, r2, c2, r3, c3, third, taken[2])
            best = max(best, gain2 + DISCOUNT * best_third)
        _put_back(worth, row, column, r2, c2, second, taken[1])
    return best


@numba.njit(cache=True, nogil=True)
def _take(
    worth: NDArray[np.float32],
    harm: NDArray[np.uint8],
    row: int,
    column: int,
    direction: int,
    step_len: int,
    taken: NDArray[np.float32],
) -> tuple[int, int, float, int]:
    """Move and take what lies on the way, so that a path that returns does not gain it twice.

    Returns the row and the column of the move's end, what was gained, and the pixels labelled on the wrong side (one
    may count more than once).
    """
    d_row, d_column = DIRECTIONS[direction]
    gain, harmed = 0.0, 0
    for k in range(step_len):
        r, c = row + d_row, column + d_column
        if not (0 <= r < worth.shape[0] and 0 <= c < worth.shape[1]):
            break
        row, column = r, c
        taken[k] = worth[row, column]
        worth[row, column] = 0
        gain += taken[k]
        harmed += harm[row, column]
    return row, column, gain, harmed


@numba.njit(cache=True, nogil=True)
def _put_back(
    worth: NDArray[np.float32],
    row: int,
    column: int,
    end_row: int,
    end_column: int,
    direction: int,
    taken: NDArray[np.float32],
) -> None:
    d_row, d_column = DIRECTIONS[direction]
    for k in range(max(abs(end_row - row), abs(end_column - column))):
        row, column = row + d_row, column + d_column
        worth[row, column] = taken[k]


@numba.njit(cache=True, nogil=True)
def _journeys(
    side: NDArray[np.uint8],
    worth: NDArray[np.float32],
    harm: NDArray[np.uint8],
    pen: int,
    head: NDArray[np.int64],
    target_worth: float,
    step_len: int,
) -> NDArray[np.float32]:
    """Value what lies beyond the lookahead: a move's length on the contour, discounted by the clean way to a target.

    The breadth-first search stops where all that the lookahead reaches and that is nearer than the head is known.
    """
    height, width = worth.shape
    journey = np.zeros((height, width), np.float32)
    queue = np.empty((height * width, 2), np.int32)
    end = 0
    for row in range(height):
        for column in range(width):
            if side[row, column] == pen and 0 < target_worth <= worth[row, column] and harm[row, column] == 0:
                journey[row, column] = step_len
                queue[end] = row, column
                end += 1
    decay = DISCOUNT ** (1 / step_len)
    begin = 0
    while begin < end and journey[head[0], head[1]] == 0:
        row, column = queue[begin]
        begin += 1
        for direction in range(N_DIRECTIONS):
            r, c = row + DIRECTIONS[direction, 0], column + DIRECTIONS[direction, 1]
            if 0 <= r < height and 0 <= c < width and journey[r, c] == 0 and harm[r, c] == 0:
                journey[r, c] = journey[row, column] * decay
                queue[end] = r, c
                end += 1
    return journey
