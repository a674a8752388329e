"""Saliency: the change of a move's probability when a part of the observation is hidden."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy

from cutout_rl.agents.networks.action_probabilities import action_probabilities
from cutout_rl.agents.networks.egocentric_crops import Preprocess
from cutout_rl.game.observation import TRAIL
from cutout_rl.game.rules import DIRECTION_NAMES, N_DIRECTIONS
from cutout_rl.players.explanation import Moment, Picture
from cutout_rl.utils.figure import WIDTH, saved_figure
from cutout_rl.visualization.draw_strokes import PEN_COLOURS, PEN_NAMES, draw_game, draw_heads

WINDOWS: Final = 8  # hidden squares along a side, each of which overlaps its neighbours by half
PARTS: Final = (slice(0, 3), slice(3, None))  # channels of the image; of scribbles and mask
HEADINGS: Final = ("next move", "image, for", "image, against", "strokes, for")


def occlude(
    policy: ActorCriticPolicy, preprocess: Preprocess, observation: NDArray[np.uint8], action: int
) -> NDArray[np.float32]:
    """Hide every part of an observation in turn (occlusion; Zeiler and Fergus, ECCV 2014).

    A hidden part of the image gets the image's mean colour; a hidden part of scribbles and mask is empty. The pens'
    heads and start points stay, because crops and object prior are computed from them. The object prior is computed
    again from what is left.

    Args:
        policy: that computes the probability.
        preprocess: turns observations into the policy's inputs.
        observation: (S, S, 3, 5 or 6) uint8.
        action: whose probability is computed.

    Returns:
        (2, S, S) float32, the fall of the probability in [-1, 1] where the image or the scribbles are hidden, averaged
        over the windows that hide a pixel; 0 for scribbles that the observation has no channels of.
    """
    size = len(observation)
    half = max(1, size // WINDOWS // 2)
    starts = range(0, size - half, half)
    empty = _empty(observation)
    before = _probabilities(policy, preprocess, observation[None], action)
    falls, hidden = np.zeros((2, size, size)), np.zeros((size, size))
    for top in starts:
        rows = slice(top, top + 2 * half)
        windows = [(rows, slice(left, left + 2 * half)) for left in starts]
        for window in windows:
            hidden[window] += 1
        for fall, channels in zip(falls, PARTS, strict=True):
            occluded = np.repeat(observation[None], len(windows), axis=0)
            for one, window in zip(occluded, windows, strict=True):
                one[window][..., channels] = empty[window][..., channels]
            after = _probabilities(policy, preprocess, occluded, action)
            for window, change in zip(windows, before - after, strict=True):
                fall[window] += change
    return (falls / hidden).astype(np.float32)


def _empty(observation: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the (S, S, C) uint8 observation in which everything is hidden."""
    empty = np.zeros_like(observation)
    empty[..., :3] = observation[..., :3].mean(axis=(0, 1))
    scribbles = observation[..., 3:5]
    empty[..., 3:5] = np.where(scribbles == TRAIL, 0, scribbles)
    return empty


def _probabilities(
    policy: ActorCriticPolicy, preprocess: Preprocess, observations: NDArray[np.uint8], action: int
) -> NDArray[np.float32]:
    return action_probabilities(policy, preprocess(observations))[:, action].numpy()


def draw_saliency(policy: ActorCriticPolicy, preprocess: Preprocess, moments: Sequence[Moment], path: Path) -> Picture:
    """Draw the saliency of each move, a row per move."""
    with saved_figure(path, WIDTH, 1.42 * len(moments) + 0.2) as figure:
        grid = figure.subplots(len(moments), len(HEADINGS), squeeze=False)
        for axes, heading in zip(grid[0], HEADINGS, strict=True):
            axes.set_title(heading)
        for row, moment in zip(grid, moments, strict=True):
            size = moment.game.rules.image_size
            falls = 100 * occlude(policy, preprocess, moment.observation, moment.action)
            draw_game(row[0], moment.game)
            pen, direction = divmod(moment.action, N_DIRECTIONS)
            (d_row, d_column), length = moment.game.path(pen, direction)
            head_row, head_column = moment.game.heads[pen]
            row[0].annotate(
                "",
                (head_column + d_column * length, head_row + d_row * length),
                (head_column, head_row),
                arrowprops={"arrowstyle": "-|>", "color": "white", "lw": 1.5, "fc": PEN_COLOURS[pen]},
            )
            row[0].set_ylabel(
                f"move {moment.game.step_count + 1}\n{PEN_NAMES[pen]}, {DIRECTION_NAMES[direction]}", fontsize=8
            )
            most = max(float(np.abs(falls).max()), 1e-3)
            for axes, fall in zip(row[1:], (falls[0], -falls[0], falls[1]), strict=True):
                heat = axes.imshow(
                    fall.clip(min=0), extent=(-0.5, size - 0.5, size - 0.5, -0.5), cmap="cividis", vmin=0, vmax=most
                )
                axes.contour(moment.game.sample.mask, [0.5], colors="white", linewidths=0.8)
                draw_heads(axes, moment.game)
                axes.set_xticks([])
                axes.set_yticks([])
            figure.colorbar(heat, ax=list(row[1:]), label="% points", shrink=0.85, pad=0.01)
    return Picture(
        path,
        "Saliency",
        "A square of the image, or of strokes and mask, is hidden from the agent at every place in turn. Bright: the"
        " probability of the move that it made falls (for) or rises (against). White line: ground truth, which the"
        " agent does not see.",
    )
