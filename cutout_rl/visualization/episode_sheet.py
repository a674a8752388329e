"""One episode on one sheet: numbered strokes, IoU, mask by mask, and what the player thought."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.projections.polar import PolarAxes

from cutout_rl.evaluation.episode import Episode
from cutout_rl.game.game import Game
from cutout_rl.game.observation import Observer
from cutout_rl.game.reward import RewardKind
from cutout_rl.game.rules import N_DIRECTIONS, N_MOVES
from cutout_rl.players.explanation import ActionEstimates, EstimatingPlayer, Moment, Picture
from cutout_rl.players.player import Player
from cutout_rl.utils.figure import saved_figure
from cutout_rl.visualization import compass, draw_strokes
from cutout_rl.visualization.contact_sheet import draw_iou

STEPS: Final = (0, 1 / 15, 1 / 6, 1 / 3, 2 / 3, 1)  # of the states shown, in episodes


def moments_of(episode: Episode, observer: Observer) -> list[Moment]:
    """Give every move of an episode with what the player saw before it."""
    states = [(observer.observe(game), game.copy()) for game in episode.replay()]
    return [
        Moment(observation, game, action) for (observation, game), action in zip(states, episode.actions, strict=False)
    ]


def draw_episode(episode: Episode, player: Player, observer: Observer, reward: RewardKind, path: Path) -> Picture:
    """Draw one episode.

    Args:
        episode: to draw.
        player: who played it; if it is a `EstimatingPlayer`, its probabilities and values are drawn too.
        observer: draws what it saw.
        reward: that the values are of.
        path: of the PNG file.
    """
    moments = moments_of(episode, observer)
    estimates = None
    if isinstance(player, EstimatingPlayer) and moments:
        estimates = player.estimate_actions(
            np.stack([moment.observation for moment in moments]), [moment.game for moment in moments]
        )
    end = episode.end()
    shown = sorted({round(share * len(episode.actions)) for share in STEPS})
    with saved_figure(path, 11, 9.6 if estimates else 6.4, dpi=90) as figure:
        figure.suptitle(f"{player.label} on {end.sample.name}")
        heights = (4.6, 5) if estimates else (4.4, 2)
        halves = figure.subfigures(2, 1, squeeze=False, height_ratios=heights)[:, 0]
        _draw_overview(halves[0], episode, end, shown, estimates, reward)
        _draw_states(halves[1], [*(moment.game for moment in moments), end], shown, moments, estimates)
    caption = (
        f"Every stroke has its number. {draw_strokes.HOW_TO_READ} Ring: the best moment. Below: the mask on its way"
    )
    caption += (
        f", and how likely each next move was; the one made is framed. {compass.HOW_TO_READ}" if estimates else "."
    )
    return Picture(path, f"The episode on {end.sample.name}", caption)


def _draw_overview(
    figure: SubFigure,
    episode: Episode,
    end: Game,
    shown: Sequence[int],
    estimates: ActionEstimates | None,
    reward: RewardKind,
) -> None:
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(4.6, 6))[0]
    draw_strokes.draw_strokes(left.subplots(), episode.start, end, line_width=4, numbered=True)
    curves = np.atleast_1d(right.subplots(2 if estimates else 1, 1, sharex=True))
    draw_iou(curves[0], episode)
    curves[0].set_ylabel("IoU")
    if estimates:
        curves[0].set_xlabel("")
        curves[1].set_xlabel("moves", fontsize=8)
        _draw_values(curves[1], episode, estimates, reward)
    for axes in curves:
        for step in shown:
            axes.axvline(step, color="0.6", linewidth=0.8, linestyle=":")


def _draw_values(axes: Axes, episode: Episode, estimates: ActionEstimates, reward: RewardKind) -> None:
    axes.plot(estimates.values, color="black", label="value: discounted return that the player expects")
    if reward == "delta":
        axes.plot(episode.iou[-1] - episode.iou[:-1], color="0.5", linestyle="--", label="IoU that was still to come")
    axes.set_ylabel(f"return (reward: {reward})")
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _draw_states(
    figure: SubFigure | Figure,
    games: Sequence[Game],
    shown: Sequence[int],
    moments: Sequence[Moment],
    estimates: ActionEstimates | None,
) -> None:
    rows, columns = 3 if estimates else 1, max(len(shown), 2)
    grid = figure.add_gridspec(rows, columns, height_ratios=(1.15, 1, 1)[:rows])
    for column, step in enumerate(shown):
        game = games[step]
        axes = figure.add_subplot(grid[0, column])
        draw_strokes.show(axes, draw_strokes.masked_picture(game.sample.image, game.mask))
        axes.set_title(
            f"after {step} moves: IoU {game.iou:.2f}" if column else f"start: IoU {game.iou:.2f}", fontsize=8
        )
        if estimates and step < len(moments):
            for pen in (0, 1):
                polar = cast(PolarAxes, figure.add_subplot(grid[1 + pen, column], projection="polar"))
                by_direction = estimates.probabilities[step, :N_MOVES].reshape(2, N_DIRECTIONS)
                chosen_pen, direction = divmod(moments[step].action, N_DIRECTIONS)
                compass.draw_compass(polar, pen, by_direction[pen], direction if chosen_pen == pen else None)
