"""The state of N games as stacked arrays, which compiled code changes without Python's lock."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cutout_rl.data.source import Sample
from cutout_rl.game.rules import Rules
from cutout_rl.game.strokes import pen_tip
from cutout_rl.segmenters.graph_cut_state import GraphCutState, allocate_states, copy_states


class GameState(NamedTuple):
    """N games of one image size (H, W); an entry of every array belongs to one game.

    Attributes:
        image: (N, H, W, 3) uint8, RGB.
        truth: (N, H, W) bool, True on the object.
        void: (N, H, W) bool, True where the ground truth is unknown.
        outline: (N, H, W) bool, the object's outline; (N, 1, 1) unless the reward is shaped, which alone needs it.
        labels: (N, H, W) uint8, 0 unlabelled, 1 inside scribble, 2 outside scribble.
        mask: (N, H, W) bool, the newest mask.
        is_cut: (N,) bool, whether `mask` is that of `labels`.
        is_begun: (N,) bool, whether `cut` knows the image and the labels.
        starts: (N, 2, 2) int64, (row, column) of the start points of the inside and the outside pen.
        heads: (N, 2, 2) int64, (row, column) of the inside and the outside pen.
        strokes: (N, step_count, 5) int64, pen, (row, column) of the start and of the end of every stroke.
        stroke_count: (N,) int64, strokes so far.
        marked: (N, pixels of the longest stroke, 2) int32, (row, column) of what the newest stroke has labelled.
        marked_count: (N,) int64, the length of that list.
        step_count: (N,) int64, actions so far.
        iou: (N,) float64, IoU of the newest mask; NaN before the first cut.
        best_iou: (N,) float64, the highest IoU of the episode; NaN before the first cut.
        potential: (N,) float64, of the shaped reward.
        reward: (N,) float64, of the newest action.
        done: (N,) bool, whether the episode is over.
        cut: the graph cuts; of one pixel if another segmenter cuts.
    """

    image: NDArray[np.uint8]
    truth: NDArray[np.bool_]
    void: NDArray[np.bool_]
    outline: NDArray[np.bool_]
    labels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    is_cut: NDArray[np.bool_]
    is_begun: NDArray[np.bool_]
    starts: NDArray[np.int64]
    heads: NDArray[np.int64]
    strokes: NDArray[np.int64]
    stroke_count: NDArray[np.int64]
    marked: NDArray[np.int32]
    marked_count: NDArray[np.int64]
    step_count: NDArray[np.int64]
    iou: NDArray[np.float64]
    best_iou: NDArray[np.float64]
    potential: NDArray[np.float64]
    reward: NDArray[np.float64]
    done: NDArray[np.bool_]
    cut: GraphCutState


def allocate_games(n: int, rules: Rules, is_native: bool, is_shaped: bool) -> GameState:
    """Allocate the arrays of N games that have not begun.

    Args:
        n: number of games.
        rules: lengths and counts.
        is_native: whether the default segmenter cuts, in compiled code.
        is_shaped: whether the reward is shaped.
    """
    size = rules.image_size
    pixels = (n, size, size)
    longest = (rules.step_len + 1) * len(pen_tip(rules.pen_width))
    return GameState(
        image=np.zeros((*pixels, 3), np.uint8),
        truth=np.zeros(pixels, np.bool_),
        void=np.zeros(pixels, np.bool_),
        outline=np.zeros(pixels if is_shaped else (n, 1, 1), np.bool_),
        labels=np.zeros(pixels, np.uint8),
        mask=np.zeros(pixels, np.bool_),
        is_cut=np.zeros(n, np.bool_),
        is_begun=np.zeros(n, np.bool_),
        starts=np.zeros((n, 2, 2), np.int64),
        heads=np.zeros((n, 2, 2), np.int64),
        strokes=np.zeros((n, rules.step_count, 5), np.int64),
        stroke_count=np.zeros(n, np.int64),
        marked=np.zeros((n, longest, 2), np.int32),
        marked_count=np.zeros(n, np.int64),
        step_count=np.zeros(n, np.int64),
        iou=np.full(n, np.nan),
        best_iou=np.full(n, np.nan),
        potential=np.zeros(n),
        reward=np.zeros(n),
        done=np.zeros(n, np.bool_),
        cut=allocate_states(n, size, size) if is_native else allocate_states(n, 1, 1),
    )


def one_game(games: GameState, i: int) -> GameState:
    """Return game `i` as a state of one game, in views of the same arrays."""
    own = (array[i : i + 1] for array in games[:-1])
    return GameState._make((*own, GraphCutState._make(array[i : i + 1] for array in games.cut)))


def copy_games(games: GameState) -> GameState:
    """Return an independent copy."""
    return GameState._make((*(array.copy() for array in games[:-1]), copy_states(games.cut)))


def place_image(game: GameState, sample: Sample) -> None:
    """Copy an image and its ground truth to the state of one game."""
    game.image[0] = sample.image
    game.truth[0] = sample.mask
    game.void[0] = sample.void
    if game.outline.shape == game.truth.shape:
        game.outline[0] = sample.outline
