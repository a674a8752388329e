"""One episode on one sheet: numbered strokes, IoU, value, masks, and the probabilities of the next moves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.projections.polar import PolarAxes

from cutout_rl.evaluation.episode import Episode
from cutout_rl.game.game import Game
from cutout_rl.game.observation import Observer
from cutout_rl.game.reward import RewardKind
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES
from cutout_rl.players.explanation import ActionEstimates, EstimatingPlayer, Moment, Picture
from cutout_rl.players.player import Player
from cutout_rl.utils.figure import INK, WIDTH, saved_figure
from cutout_rl.visualization import compass
from cutout_rl.visualization.contact_sheet import draw_iou
from cutout_rl.visualization.draw_strokes import draw_mask, draw_strokes

STATES: Final = (0, 1 / 15, 1 / 6, 1 / 3, 2 / 3, 1)  # shown, as shares of the episode
COLUMNS: Final = 3  # of states
HOW_TO_READ: Final = (
    "An episode's sheet numbers every stroke; a ring marks its best IoU. Below are the masks at the moves that dotted"
    " lines mark and, for an agent with action probabilities, those of the next move; the chosen direction is framed. "
    + compass.HOW_TO_READ
)


def moments_of(episode: Episode, observer: Observer) -> list[Moment]:
    """Return every move of an episode with the observation before it."""
    states = [(observer.observe(game), game.copy()) for game in episode.replay()]
    return [
        Moment(observation, game, action) for (observation, game), action in zip(states, episode.actions, strict=False)
    ]


def draw_episode(episode: Episode, player: Player, observer: Observer, reward: RewardKind, path: Path) -> Picture:
    """Draw one episode.

    Args:
        episode: to draw.
        player: that played it. The probabilities and values of an `EstimatingPlayer` are drawn too.
        observer: computes the player's observations.
        reward: that the values predict.
        path: of the file.
    """
    moments = moments_of(episode, observer)
    estimates = None
    if isinstance(player, EstimatingPlayer) and moments:
        estimates = player.estimate_actions(
            np.stack([moment.observation for moment in moments]), [moment.game for moment in moments]
        )
    end = episode.end()
    shown = sorted({round(share * len(episode.actions)) for share in STATES})
    n_rows = -(-len(shown) // COLUMNS)
    overview, states = 3.1, n_rows * (2.75 if estimates else 2.0)
    with saved_figure(path, WIDTH, overview + states) as figure:
        halves = figure.subfigures(2, 1, squeeze=False, height_ratios=(overview, states))[:, 0]
        _draw_overview(halves[0], episode, end, shown, estimates, reward)
        _draw_states(halves[1], [*(moment.game for moment in moments), end], shown, moments, estimates)
    n_moves = len(episode.actions)
    return Picture(
        path,
        f"Episode on {end.sample.name}",
        f"IoU {episode.iou[0]:.2f} at the start, {episode.iou[-1]:.2f} after {n_moves} moves.",
    )


def _draw_overview(
    figure: SubFigure,
    episode: Episode,
    end: Game,
    shown: Sequence[int],
    estimates: ActionEstimates | None,
    reward: RewardKind,
) -> None:
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(3, 2.6))[0]
    draw_strokes(left.subplots(), episode.start, end, line_width=3, numbered=True)
    curves = np.atleast_1d(right.subplots(2 if estimates else 1, 1, sharex=True))
    draw_iou(curves[0], episode)
    if estimates:
        curves[0].set_xlabel("")
        _draw_values(curves[1], episode, estimates, reward)
    for axes in curves:
        for step in shown:
            axes.axvline(step, color="0.6", linewidth=0.8, linestyle=":")


def _draw_values(axes: Axes, episode: Episode, estimates: ActionEstimates, reward: RewardKind) -> None:
    axes.plot(estimates.values, color=INK, label="predicted")
    if reward == "delta":
        axes.plot(episode.iou[-1] - episode.iou[:-1], color="0.5", linestyle="--", label="IoU still to gain")
    axes.set(xlabel="moves", ylabel="return")
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_states(
    figure: SubFigure,
    games: Sequence[Game],
    shown: Sequence[int],
    moments: Sequence[Moment],
    estimates: ActionEstimates | None,
) -> None:
    rows = 2 if estimates else 1  # of a state: mask and compasses
    n_rows = rows * -(-len(shown) // COLUMNS)
    grid = figure.add_gridspec(n_rows, 2 * COLUMNS, height_ratios=[(1.9, 1)[row % rows] for row in range(n_rows)])
    for number, step in enumerate(shown):
        row, column = rows * (number // COLUMNS), 2 * (number % COLUMNS)
        game = games[step]
        axes = figure.add_subplot(grid[row, column : column + 2])
        draw_mask(axes, game.sample.image, game.mask)
        axes.set_title(f"after {step} moves: IoU {game.iou:.2f}" if step else f"start: IoU {game.iou:.2f}", fontsize=8)
        if estimates and step < len(moments):
            by_direction = estimates.probabilities[step, :N_MOVES].reshape(2, N_DIRECTIONS)
            chosen_pen, direction = divmod(moments[step].action, N_DIRECTIONS)
            for pen in (0, 1):
                polar = cast(PolarAxes, figure.add_subplot(grid[row + 1, column + pen], projection="polar"))
                compass.draw_compass(polar, pen, by_direction[pen], direction if chosen_pen == pen else None)
