"""The figures of a benchmark: intervals, profiles, probabilities of improvement, learning curves.

Agents differ in colour and dashes, baselines in grey level and dashes, so that they can be distinguished in print.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cutout_rl.experiments.benchmark.summary import THRESHOLDS, Summary
from cutout_rl.experiments.curves import COLOURS, DASHES, DPI, MARKERS
from cutout_rl.experiments.scores import TRAINED, ScoredPlayer
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.utils.figure import saved_figure

PLAY_MARKERS: Final = {"greedy": "o", "sampled": "s", "supervised": "X", "scripted": "D", "oracle": "*"}
REFERENCE_MARKER: Final = "v"
LABEL_WIDTH: Final = 30  # characters


def draw_intervals(summaries: Sequence[Summary], path: Path) -> None:
    """Draw all players' interquartile means with intervals, final and best of the episode; a panel per setting."""
    players = _all_players(summaries)
    colours = _colours(players)
    labels = [_label(player) for player in players]
    row_height = 0.2 * max(2, *(label.count("\n") + 1 for label in labels))
    with saved_figure(path, 3.2 + 3.6 * len(summaries), 1.4 + row_height * len(players), DPI) as figure:
        for axes, summary in zip(_panels(figure, len(summaries)), summaries, strict=True):
            for row, player in enumerate(players):
                for measure, above, face in (("best", -0.14, "white"), ("final", 0.14, colours[player])):
                    aggregate = summary.aggregates.get(player, {}).get(measure)
                    if aggregate is None:
                        continue
                    if aggregate.interval is not None:
                        axes.plot(aggregate.interval, (row + above,) * 2, color=colours[player], linewidth=2)
                    axes.plot(
                        aggregate.iqm,
                        row + above,
                        PLAY_MARKERS.get(player.play, REFERENCE_MARKER),
                        color=colours[player],
                        markerfacecolor=face,
                        markersize=9 if player.play == "oracle" else 6,
                    )
            axes.set(
                title=summary.title, xlabel="IoU, interquartile mean", xlim=(0, 1), ylim=(len(players) - 0.4, -0.6)
            )
            axes.set_yticks(range(len(players)), labels)
        figure.supxlabel("filled: final; open: best of the episode; line: 95 % interval over runs", fontsize=9)


def draw_profiles(summaries: Sequence[Summary], path: Path) -> None:
    """Draw the share of runs x images above each final IoU; a panel per setting."""
    players = _all_players(summaries)
    with saved_figure(path, 3.4 + 4.2 * len(summaries), max(4, 0.34 * len(players)), DPI) as figure:
        for axes, summary in zip(_panels(figure, len(summaries)), summaries, strict=True):
            for player, profile in summary.profiles.items():
                style = _line(player, players)
                axes.plot(THRESHOLDS, profile.share, label=_label(player), **style)
                if profile.band is not None:
                    axes.fill_between(THRESHOLDS, *profile.band, color=style["color"], alpha=0.15, linewidth=0)
            axes.set(title=summary.title, xlabel="final IoU t", xlim=(0, 1), ylim=(0, 1))
        figure.axes[0].set_ylabel("share of runs x images with an IoU above t")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", fontsize=8, handlelength=4)


def draw_improvements(summary: Summary, path: Path) -> None:
    """Draw the probability that a run of the column ends higher on an image than a run of the row."""
    players = list(summary.aggregates)
    trained = [player for player in players if player.play in TRAINED]
    probabilities = np.full((len(players), len(trained)), np.nan)
    for (player, other), improvement in summary.improvements.items():
        probabilities[players.index(other), trained.index(player)] = improvement.probability
    with saved_figure(path, 4.4 + 1.2 * len(trained), 2 + 0.4 * len(players), DPI) as figure:
        axes = figure.subplots()
        image = axes.imshow(probabilities, cmap="cividis", vmin=0, vmax=1, aspect="auto")
        for (row, column), probability in np.ndenumerate(probabilities):
            if not np.isnan(probability):
                colour = "black" if probability > 0.5 else "white"
                axes.text(column, row, f"{probability:.2f}", ha="center", va="center", color=colour)
        axes.set_xticks(range(len(trained)), [fill(player.label, LABEL_WIDTH // 2) for player in trained])
        axes.set_yticks(range(len(players)), [_label(player) for player in players])
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set(
            title=f"{summary.title}: probability that the column's player ends higher",
            xlabel="player",
            ylabel="other player",
        )
        figure.colorbar(image, ax=axes, label="probability of a higher final IoU")


def draw_learning_curves(runs: Mapping[tuple[str, str], Sequence[Path]], settings: Sequence[str], path: Path) -> None:
    """Draw the greedy final IoU on the validation split against the steps and the minutes of training, a line per run.

    The minutes include the preparation, such as the training of an object prior; the steps do not.

    Args:
        runs: folders of the runs by agent and setting; runs without validation, or of predictors, are omitted.
        settings: one row of panels each.
        path: of the PNG file.
    """
    agents = list(dict.fromkeys(agent for agent, _ in runs))
    costs = (("timesteps", 1, "steps of training"), ("seconds", 60, "minutes of training"))
    with saved_figure(path, 9, 0.8 + 3.2 * len(settings), DPI) as figure:
        grid = figure.subplots(len(settings), len(costs), sharex="col", sharey=True, squeeze=False)
        for setting, row in zip(settings, grid, strict=True):
            for (cost, unit, _), axes in zip(costs, row, strict=True):
                for i, agent in enumerate(agents):
                    for number, folder in enumerate(runs[agent, setting]):
                        curve = RunFolder(folder).read("validation.csv")
                        if f"greedy{FINAL}" not in curve:
                            continue
                        axes.plot(
                            [value / unit for value in curve[cost]],
                            curve[f"greedy{FINAL}"],
                            color=COLOURS[i % len(COLOURS)],
                            linestyle=DASHES[i % len(DASHES)],
                            linewidth=1.2,
                            label=fill(agent, LABEL_WIDTH) if number == 0 else None,
                        )
                axes.set_title(setting)
                axes.grid(alpha=0.3)
                axes.xaxis.set_major_formatter("{x:,.0f}")
                axes.locator_params(axis="x", nbins=5, integer=True)  # more labels would overlap
            row[0].set_ylabel("final IoU, validation split")
        for (_, _, label), axes in zip(costs, grid[-1], strict=True):
            axes.set_xlabel(label)
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, title="a line per seed", handlelength=4)


def _all_players(summaries: Sequence[Summary]) -> list[ScoredPlayer]:
    return list(dict.fromkeys(player for summary in summaries for player in summary.aggregates))


def _colours(players: Sequence[ScoredPlayer]) -> dict[ScoredPlayer, str]:
    agents = _agents(players)
    return {
        player: COLOURS[agents.index(player.agent) % len(COLOURS)] if player.play in TRAINED else "0.35"
        for player in players
    }


def _line(player: ScoredPlayer, players: Sequence[ScoredPlayer]) -> dict[str, Any]:
    if player.play in TRAINED:
        number = _agents(players).index(player.agent)
        return {
            "color": COLOURS[number % len(COLOURS)],
            "marker": MARKERS[number % len(MARKERS)],
            "markevery": (2 * number, 12),
            "markersize": 4,
            "linestyle": DASHES[TRAINED.index(player.play)],
            "linewidth": 1.8,
        }
    others = [other for other in players if other.play not in TRAINED]
    number = others.index(player)
    shade = 0.7 * (1 - number / len(others))  # the last ones, the oracles, are darkest
    return {"color": f"{shade:.2f}", "linestyle": DASHES[number % len(DASHES)], "linewidth": 1.2}


def _agents(players: Sequence[ScoredPlayer]) -> list[str]:
    return list(dict.fromkeys(player.agent for player in players if player.play in TRAINED))


def _label(player: ScoredPlayer) -> str:
    return fill(player.label, LABEL_WIDTH)


def _panels(figure: Figure, count: int) -> list[Axes]:
    panels = list(figure.subplots(1, count, sharey=True, squeeze=False)[0])
    for axes in panels:
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return panels
