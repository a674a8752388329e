"""The rules of the game in compiled code, in the order in which they happen.

An action moves a pen (`act`), the strokes are cut (`segment`), and the mask is scored (`score`). `play` does all three
for a range of games; where another segmenter than the default one cuts, `Game` calls the parts.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from cutout_rl.game.compiled_arguments import Plain, PlaySettings, as_scratch, as_settings, as_state
from cutout_rl.game.game_state import GameState
from cutout_rl.game.reward import END, intersection_over_union, potential, reward_of, shaping
from cutout_rl.game.rules import DIRECTIONS, N_DIRECTIONS, N_MOVES, STOP
from cutout_rl.game.strokes import LABELLED_INSIDE, draw_stroke, find_marking_strokes, travel
from cutout_rl.segmenters.graph_cut_state import Scratch, begin, cut, label_pixels, select_state
from cutout_rl.segmenters.segmenter import INSIDE, OUTSIDE


@numba.njit(cache=True, nogil=True)
def start(game: Plain, rules: Plain, points: NDArray[np.int64]) -> None:
    """Begin the episode of one game: forget its strokes, and put the pens on their start points.

    Args:
        game: the state of one game.
        rules: the settings.
        points: (2, 2) int64, (row, column) of the inside and the outside pen.
    """
    games, settings = as_state(game), as_settings(rules)
    games.labels[0] = 0
    games.is_begun[0] = False
    games.stroke_count[0] = 0
    games.step_count[0] = 0
    games.iou[0] = np.nan
    games.best_iou[0] = np.nan
    games.potential[0] = 0
    games.reward[0] = 0
    games.done[0] = False
    games.starts[0] = points
    games.heads[0] = points
    for pen in range(2):
        _draw(games, 0, pen, 0, 0, 0, settings.tip)


@numba.njit(cache=True, nogil=True)
def act(games: GameState, i: int, action: int, settings: PlaySettings) -> None:
    """Count the action, and move the pen that it names, which draws the line it travels."""
    games.step_count[i] += 1
    games.done[i] = action == STOP or games.step_count[i] == settings.step_count
    if action == STOP:
        return
    pen, direction = divmod(action, N_DIRECTIONS)
    d_row, d_column = DIRECTIONS[direction]
    head = games.heads[i, pen]
    size = games.labels.shape[1]
    length = travel(head[0], head[1], d_row, d_column, settings.step_len, size)
    stroke = games.strokes[i, games.stroke_count[i]]
    games.stroke_count[i] += 1
    stroke[0], stroke[1], stroke[2] = pen, head[0], head[1]
    _draw(games, i, pen, d_row, d_column, length, settings.tip)
    head[0] += d_row * length
    head[1] += d_column * length
    stroke[3], stroke[4] = head[0], head[1]


@numba.njit(cache=True, nogil=True)
def _draw(games: GameState, i: int, pen: int, d_row: int, d_column: int, length: int, tip: NDArray[np.int64]) -> None:
    if not games.is_cut[i]:
        games.is_begun[i] = False  # only the newest stroke is remembered, so that the next cut begins anew
    row, column = games.heads[i, pen]
    layer = LABELLED_INSIDE + pen
    games.marked_count[i] = draw_stroke(
        games.labels[i], row, column, d_row, d_column, length, tip, layer, games.marked[i]
    )
    if games.marked_count[i] > 0:
        games.is_cut[i] = False


@numba.njit(cache=True, nogil=True)
def segment(games: GameState, i: int, scratch: Scratch, settings: PlaySettings) -> None:
    """Cut the image along the strokes so far, by the default segmenter, unless that was done."""
    if games.is_cut[i]:
        return
    state = select_state(games.cut, i)
    if games.is_begun[i]:
        newest = games.strokes[i, games.stroke_count[i] - 1, 0]
        marked = games.marked[i, : games.marked_count[i]]
        label_pixels(state, scratch, marked, INSIDE if newest == 0 else OUTSIDE, settings.cut)
    else:
        begin(state, scratch, games.image[i], settings.cut)
        for layer, label in ((LABELLED_INSIDE, INSIDE), (LABELLED_INSIDE + 1, OUTSIDE)):
            label_pixels(state, scratch, _pixels_of(games.labels[i], layer), label, settings.cut)
        games.is_begun[i] = True
    cut(state, scratch, settings.cut, games.mask[i])
    games.is_cut[i] = True


@numba.njit(cache=True, nogil=True)
def _pixels_of(labels: NDArray[np.uint8], layer: int) -> NDArray[np.int32]:
    rows, columns = np.nonzero(labels == layer)
    pixels = np.empty((len(rows), 2), np.int32)
    pixels[:, 0] = rows
    pixels[:, 1] = columns
    return pixels


@numba.njit(cache=True, nogil=True)
def score(games: GameState, i: int, settings: PlaySettings) -> None:
    """Compute the IoU of the newest mask, the best IoU so far, and the potential."""
    truth, void = games.truth[i], games.void[i]
    games.iou[i] = intersection_over_union(games.mask[i], truth, void)
    if not games.best_iou[i] >= games.iou[i]:  # NaN before the first cut
        games.best_iou[i] = games.iou[i]
    games.potential[i] = potential(settings.reward, games.labels[i], games.outline[i], truth, void)


@numba.njit(cache=True, nogil=True)
def reward_action(games: GameState, i: int, iou_before: float, potential_before: float, settings: PlaySettings) -> None:
    """Compute the reward of an action, given IoU and potential before it; NaN counts as an IoU of 0."""
    before = 0.0 if np.isnan(iou_before) else iou_before
    after = 0.0 if np.isnan(games.iou[i]) else games.iou[i]
    games.reward[i] = reward_of(settings.reward, before, after, games.done[i]) + shaping(
        potential_before, games.potential[i], games.done[i], settings.shaping_gamma
    )


@numba.njit(cache=True, nogil=True)
def needs_score(games: GameState, i: int, settings: PlaySettings) -> bool:
    """Return whether the reward asks for an IoU that is not known: END does so at the end of the episode alone."""
    is_known = games.is_cut[i] and not np.isnan(games.iou[i])
    return (settings.reward != END or games.done[i]) and not is_known


@numba.njit(cache=True, nogil=True)
def play(
    state: Plain,
    memory: Plain,
    rules: Plain,
    actions: NDArray[np.int64],
    playing: NDArray[np.bool_],
    first: int,
    last: int,
) -> None:
    """Take an action in each of the games from `first` to `last - 1` that are playing.

    Args:
        state: of N games.
        memory: the scratch memory of this thread.
        rules: the settings.
        actions: (N,) int64, one per game.
        playing: (N,) bool.
        first: the first game.
        last: one more than the last game.
    """
    games, scratch, settings = as_state(state), as_scratch(memory), as_settings(rules)
    for i in range(first, last):
        if playing[i]:
            iou_before, potential_before = games.iou[i], games.potential[i]
            act(games, i, actions[i], settings)
            if needs_score(games, i, settings):
                segment(games, i, scratch, settings)
                score(games, i, settings)
            reward_action(games, i, iou_before, potential_before, settings)


@numba.njit(cache=True, nogil=True)
def segment_games(state: Plain, memory: Plain, rules: Plain, first: int, last: int) -> None:
    """Cut the games from `first` to `last - 1` that were not cut since their newest stroke; see `play`."""
    games, scratch, settings = as_state(state), as_scratch(memory), as_settings(rules)
    for i in range(first, last):
        segment(games, i, scratch, settings)


@numba.njit(cache=True, nogil=True)
def find_action_masks(state: Plain, rules: Plain, masks: NDArray[np.bool_]) -> None:
    """Find the actions that are not wasted.

    A move is wasted if it would mark no pixel, because the head is at the border or retraces a stroke. Where every move
    is, none is excluded. The stop action is never excluded.

    Args:
        state: of N games.
        rules: the settings.
        masks: (N, n_actions) bool, written.
    """
    games, settings = as_state(state), as_settings(rules)
    masks[:] = True
    for i in range(len(masks)):
        marks = find_marking_strokes(games.labels[i], games.heads[i], DIRECTIONS, settings.step_len, settings.tip)
        if marks.any():
            masks[i, :N_MOVES] = marks.ravel()
