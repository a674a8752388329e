"""An expert that traces the contour; it plans on a distance map of the ground truth, without making cuts."""

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
from cutout_rl.players.baselines import Role
from cutout_rl.utils.threads import map_parallel

DISCOUNT: Final = 0.8  # of later gains
BEST_DISTANCE: Final = 3.0  # px from the contour at which pixels are worth most
REACH: Final = 8  # px from the contour; farther pixels have equal worth
COVERED_RADIUS: Final = 4  # px; a pixel this near to a scribble of its side has no worth
ERROR_WORTH: Final = 2.0  # of a pixel that is wrong in the current mask; the best contour pixels have 1
TARGET_SHARE: Final = 0.75  # of the highest worth; pixels above it are targets to travel to
HARM: Final = 1000.0  # cost of a pixel labelled on the wrong side; more than any sequence of moves gains

_NO_SIDE: Final = 2
_COVERED_KERNEL: Final = np.ones((2 * COVERED_RADIUS + 1, 2 * COVERED_RADIUS + 1), np.uint8)


class TracingExpert:
    """Draws with the inside pen along the object's inner edge and with the outside pen around it, mask errors first.

    The worth of a pixel on the pen's side is highest `BEST_DISTANCE` px from the contour, higher by `ERROR_WORTH` where
    the current mask is wrong, and 0 next to a scribble. The value of a move is the sum of three parts:

    - the worth of the pixels on its line,
    - the discounted worth of the same pen's best next two moves that do not touch the wrong side,
    - at their end, the discounted distance to the nearest target (`TARGET_SHARE`).

    Pixels labelled on the wrong side cost more than any move gains, because labels are permanent.

    The choice depends on the game's state alone, so the expert can label every state of a learner (DAgger; Ross, Gordon
    and Bagnell, AISTATS 2011). Ties are resolved in favour of the first move.

    Attributes:
        watch_mask: whether to use the game's current mask. It needs no additional cut if the reward cuts at every step.
            Without it the expert traces the nearest untraced parts of the contour.
    """

    role: Role = "expert"
    sees_truth = True

    def __init__(self, watch_mask: bool = True) -> None:
        """Choose whether to use the mask."""
        self.watch_mask = watch_mask
        self.label = "tracing expert" if watch_mask else "blind tracing expert"

    def act(self, observations: NDArray[np.uint8], games: Sequence[Game]) -> NDArray[np.int64]:
        """Choose the move with the highest value in every game."""
        return np.array([values.argmax() for values in map_parallel(self.move_values, games)], np.int64)

    def move_values(self, game: Game) -> NDArray[np.float32]:
        """Compute the values of the 16 moves.

        Returns:
            (16,) float32, roughly the discounted number of contour pixels that the move and its successors cover; below
            0 if the move draws on the wrong side.
        """
        labels, mask = game.labels, game.sample.mask
        side = (~mask).view(np.uint8)
        side[game.sample.void] = _NO_SIDE
        wrong = (game.mask != mask).view(np.uint8) if self.watch_mask else np.zeros_like(side)
        covered = np.empty((2, *side.shape), np.uint8)
        harm = np.empty((2, *side.shape), np.uint8)
        for pen, label in enumerate((LABELLED_INSIDE, LABELLED_OUTSIDE)):
            cv2.dilate((labels == label).view(np.uint8), _COVERED_KERNEL, dst=covered[pen])
            harmed = ((side == 1 - pen) & (labels == 0)).view(np.uint8)
            cv2.filter2D(harmed, -1, _tip_kernel(game.rules.pen_width), dst=harm[pen], borderType=cv2.BORDER_CONSTANT)
        worth = _worths(side, labels, wrong, covered)
        return _value_moves(side, worth, harm, np.array(game.heads, np.int64), game.rules.step_len)


@cache
def _tip_kernel(pen_width: int) -> NDArray[np.uint8]:
    kernel = np.zeros((2 * pen_width + 1, 2 * pen_width + 1), np.uint8)
    kernel[tuple((pen_tip(pen_width) + pen_width).T)] = 1
    return kernel


@numba.njit(cache=True, nogil=True)
def contour_distance(side: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Compute every pixel's Euclidean distance to the nearest pixel of another class, exact up to `REACH`.

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
    side: NDArray[np.uint8], labels: NDArray[np.uint8], wrong: NDArray[np.uint8], covered: NDArray[np.uint8]
) -> NDArray[np.float32]:
    worth = contour_distance(side)
    for row in range(worth.shape[0]):
        for column in range(worth.shape[1]):
            pen = side[row, column]
            if pen == _NO_SIDE or labels[row, column] > 0 or covered[pen, row, column] > 0:
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
    collected = np.empty((3, step_len), np.float32)
    target_worth = TARGET_SHARE * worth.max()
    for pen in range(2):
        travel_value = _travel_values(side, worth, harm[pen], pen, heads[pen], target_worth, step_len)
        head_row, head_column = heads[pen]
        for direction in range(N_DIRECTIONS):
            row, column, gain, harmed = _collect(
                worth, harm[pen], head_row, head_column, direction, step_len, collected[0]
            )
            onward = _best_of_two(worth, harm[pen], travel_value, row, column, step_len, collected)
            values[pen * N_DIRECTIONS + direction] = gain - HARM * harmed + DISCOUNT * onward
            _restore(worth, head_row, head_column, row, column, direction, collected[0])
    return values


@numba.njit(cache=True, nogil=True)
def _best_of_two(
    worth: NDArray[np.float32],
    harm: NDArray[np.uint8],
    travel_value: NDArray[np.float32],
    row: int,
    column: int,
    step_len: int,
    collected: NDArray[np.float32],
) -> float:
    """Return the value of the best two clean moves from a place, or of fewer where more gain nothing."""
    best = float(travel_value[row, column])
    # Two loops instead of recursion, because numba's cache is unreliable for functions that call themselves.
    for second in range(N_DIRECTIONS):
        r2, c2, gain2, harm2 = _collect(worth, harm, row, column, second, step_len, collected[1])
        if harm2 == 0:
            best_third = float(travel_value[r2, c2])
            for third in range(N_DIRECTIONS):
                r3, c3, gain3, harm3 = _collect(worth, harm, r2, c2, third, step_len, collected[2])
                if harm3 == 0:
                    best_third = max(best_third, gain3 + DISCOUNT * travel_value[r3, c3])
                _restore(worth, r2, c2, r3, c3, third, collected[2])
            best = max(best, gain2 + DISCOUNT * best_third)
        _restore(worth, row, column, r2, c2, second, collected[1])
    return best


@numba.njit(cache=True, nogil=True)
def _collect(
    worth: NDArray[np.float32],
    harm: NDArray[np.uint8],
    row: int,
    column: int,
    direction: int,
    step_len: int,
    collected: NDArray[np.float32],
) -> tuple[int, int, float, int]:
    """Move and collect the worth on the way, setting it to 0 so that a returning path does not collect it twice.

    Returns the row and the column of the move's end, the collected worth, and the number of pixels labelled on the
    wrong side (a pixel may count more than once).
    """
    d_row, d_column = DIRECTIONS[direction]
    gain, harmed = 0.0, 0
    for k in range(step_len):
        r, c = row + d_row, column + d_column
        if not (0 <= r < worth.shape[0] and 0 <= c < worth.shape[1]):
            break
        row, column = r, c
        collected[k] = worth[row, column]
        worth[row, column] = 0
        gain += collected[k]
        harmed += harm[row, column]
    return row, column, gain, harmed


@numba.njit(cache=True, nogil=True)
def _restore(
    worth: NDArray[np.float32],
    row: int,
    column: int,
    end_row: int,
    end_column: int,
    direction: int,
    collected: NDArray[np.float32],
) -> None:
    d_row, d_column = DIRECTIONS[direction]
    for k in range(max(abs(end_row - row), abs(end_column - column))):
        row, column = row + d_row, column + d_column
        worth[row, column] = collected[k]


@numba.njit(cache=True, nogil=True)
def _travel_values(
    side: NDArray[np.uint8],
    worth: NDArray[np.float32],
    harm: NDArray[np.uint8],
    pen: int,
    head: NDArray[np.int64],
    target_worth: float,
    step_len: int,
) -> NDArray[np.float32]:
    """Compute the value beyond the lookahead: a move's length on the contour, discounted by the clean way to a target.

    The breadth-first search stops once it reaches the head; nearer pixels within the lookahead are then complete.
    """
    height, width = worth.shape
    travel_value = np.zeros((height, width), np.float32)
    queue = np.empty((height * width, 2), np.int32)
    end = 0
    for row in range(height):
        for column in range(width):
            if side[row, column] == pen and 0 < target_worth <= worth[row, column] and harm[row, column] == 0:
                travel_value[row, column] = step_len
                queue[end] = row, column
                end += 1
    decay = DISCOUNT ** (1 / step_len)
    begin = 0
    while begin < end and travel_value[head[0], head[1]] == 0:
        row, column = queue[begin]
        begin += 1
        for direction in range(N_DIRECTIONS):
            r, c = row + DIRECTIONS[direction, 0], column + DIRECTIONS[direction, 1]
            if 0 <= r < height and 0 <= c < width and travel_value[r, c] == 0 and harm[r, c] == 0:
                travel_value[r, c] = travel_value[row, column] * decay
                queue[end] = r, c
                end += 1
    return travel_value
