"""The figures: intervals, profiles, probabilities of improvement, learning curves.

Agents differ in colour (Okabe and Ito's, which colour-blind people tell apart) and in dashes, baselines in greys and
dashes, so that all are told apart in print too.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cutout_rl.experiments.benchmark.scores import TRAINED, Contestant
from cutout_rl.experiments.benchmark.summary import THRESHOLDS, Summary
from cutout_rl.runs.run_folder import FINAL, RunFolder
from cutout_rl.utils.figure import saved_figure

COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES: Final[tuple[Any, ...]] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 3)))
AGENT_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
MARKERS: Final = {"greedy": "o", "sampled": "s", "supervised": "X", "scripted": "D", "oracle": "*"}
LABEL_WIDTH: Final = 30  # characters
DPI: Final = 130


def draw_intervals(summaries: Sequence[Summary], path: Path) -> None:
    """Draw everybody's interquartile mean and its interval, at the end and at the best moment; a panel per setting."""
    contestants = _everyone(summaries)
    colours = _colours(contestants)
    labels = [_label(contestant) for contestant in contestants]
    row_height = 0.2 * max(2, *(label.count("\n") + 1 for label in labels))
    with saved_figure(path, 3.2 + 3.6 * len(summaries), 1.4 + row_height * len(contestants), DPI) as figure:
        for axes, summary in zip(_panels(figure, len(summaries)), summaries, strict=True):
            for row, contestant in enumerate(contestants):
                for measure, above, face in (("best", -0.14, "white"), ("final", 0.14, colours[contestant])):
                    aggregate = summary.aggregates.get(contestant, {}).get(measure)
                    if aggregate is None:
                        continue
                    if aggregate.interval is not None:
                        axes.plot(aggregate.interval, (row + above,) * 2, color=colours[contestant], linewidth=2)
                    axes.plot(
                        aggregate.iqm,
                        row + above,
                        MARKERS[contestant.play],
                        color=colours[contestant],
                        markerfacecolor=face,
                        markersize=9 if contestant.play == "oracle" else 6,
                    )
            axes.set(
                title=summary.title, xlabel="IoU, interquartile mean", xlim=(0, 1), ylim=(len(contestants) - 0.4, -0.6)
            )
            axes.set_yticks(range(len(contestants)), labels)
        figure.supxlabel(
            "filled: after the last move; open: at the best moment; line: 95 % interval over runs", fontsize=9
        )


def draw_profiles(summaries: Sequence[Summary], path: Path) -> None:
    """Draw the share of runs x images above each final IoU; a panel per setting."""
    contestants = _everyone(summaries)
    with saved_figure(path, 3.4 + 4.2 * len(summaries), max(4, 0.34 * len(contestants)), DPI) as figure:
        for axes, summary in zip(_panels(figure, len(summaries)), summaries, strict=True):
            for contestant, profile in summary.profiles.items():
                style = _line(contestant, contestants)
                axes.plot(THRESHOLDS, profile.share, label=_label(contestant), **style)
                if profile.band is not None:
                    axes.fill_between(THRESHOLDS, *profile.band, color=style["color"], alpha=0.15, linewidth=0)
            axes.set(title=summary.title, xlabel="final IoU t", xlim=(0, 1), ylim=(0, 1))
        figure.axes[0].set_ylabel("share of runs x images with an IoU above t")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", fontsize=8, handlelength=4)


def draw_improvements(summary: Summary, path: Path) -> None:
    """Draw the probability that a run of the column ends higher on an image than a run of the row."""
    contestants = list(summary.aggregates)
    trained = [contestant for contestant in contestants if contestant.play in TRAINED]
    chances = np.full((len(contestants), len(trained)), np.nan)
    for (contestant, other), improvement in summary.improvements.items():
        chances[contestants.index(other), trained.index(contestant)] = improvement.probability
    with saved_figure(path, 4.4 + 1.2 * len(trained), 2 + 0.4 * len(contestants), DPI) as figure:
        axes = figure.subplots()
        image = axes.imshow(chances, cmap="cividis", vmin=0, vmax=1, aspect="auto")
        for (row, column), chance in np.ndenumerate(chances):
            if not np.isnan(chance):
                colour = "black" if chance > 0.5 else "white"
                axes.text(column, row, f"{chance:.2f}", ha="center", va="center", color=colour)
        axes.set_xticks(range(len(trained)), [fill(contestant.label, LABEL_WIDTH // 2) for contestant in trained])
        axes.set_yticks(range(len(contestants)), [_label(contestant) for contestant in contestants])
        axes.xaxis.tick_top()
        axes.set(title=f"{summary.title}: how likely is a run of the player above ...", ylabel="... over this player")
        figure.colorbar(image, ax=axes, label="probability of a higher final IoU")


def draw_learning_curves(runs: Mapping[tuple[str, str], Sequence[Path]], settings: Sequence[str], path: Path) -> None:
    """Draw the final IoU on the validation split over the steps, a thin line per run.

    Args:
        runs: the folders of the runs by agent and setting; those without a validation, or that do not play, are left
            out.
        settings: a row of panels each; greedy and sampled play beside each other.
        path: of the PNG file.
    """
    agents = list(dict.fromkeys(agent for agent, _ in runs))
    with saved_figure(path, 9, 0.8 + 3.2 * len(settings), DPI) as figure:
        grid = figure.subplots(len(settings), len(TRAINED), sharex=True, sharey=True, squeeze=False)
        for setting, row in zip(settings, grid, strict=True):
            for play, axes in zip(TRAINED, row, strict=True):
                for i, agent in enumerate(agents):
                    for number, folder in enumerate(runs[agent, setting]):
                        curve = RunFolder(folder).read("validation.csv")
                        if f"{play}{FINAL}" not in curve:
                            continue
                        axes.plot(
                            curve["timesteps"],
                            curve[f"{play}{FINAL}"],
                            color=COLOURS[i % len(COLOURS)],
                            linestyle=DASHES[i % len(DASHES)],
                            linewidth=1.2,
                            label=fill(agent, LABEL_WIDTH) if number == 0 else None,
                        )
                axes.set_title(f"{setting}, {play}")
                axes.grid(alpha=0.3)
                axes.xaxis.set_major_formatter("{x:,.0f}")
                axes.locator_params(axis="x", nbins=5)  # more would run into each other
            row[0].set_ylabel("final IoU, validation split")
        for axes in grid[-1]:
            axes.set_xlabel("steps of training")
        handles, labels = grid[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2, title="a line per seed", handlelength=4)


def _everyone(summaries: Sequence[Summary]) -> list[Contestant]:
    return list(dict.fromkeys(contestant for summary in summaries for contestant in summary.aggregates))


def _colours(contestants: Sequence[Contestant]) -> dict[Contestant, str]:
    agents = _agents(contestants)
    return {
        contestant: COLOURS[agents.index(contestant.agent) % len(COLOURS)] if contestant.play in TRAINED else "0.35"
        for contestant in contestants
    }


def _line(contestant: Contestant, contestants: Sequence[Contestant]) -> dict[str, Any]:
    if contestant.play in TRAINED:
        number = _agents(contestants).index(contestant.agent)
        return {
            "color": COLOURS[number % len(COLOURS)],
            "marker": AGENT_MARKERS[number % len(AGENT_MARKERS)],
            "markevery": (2 * number, 12),
            "markersize": 4,
            "linestyle": DASHES[TRAINED.index(contestant.play)],
            "linewidth": 1.8,
        }
    others = [other for other in contestants if other.play not in TRAINED]
    number = others.index(contestant)
    shade = 0.7 * (1 - number / len(others))  # the last, the ceilings, are darkest
    return {"color": f"{shade:.2f}", "linestyle": DASHES[number % len(DASHES)], "linewidth": 1.2}


def _agents(contestants: Sequence[Contestant]) -> list[str]:
    return list(dict.fromkeys(contestant.agent for contestant in contestants if contestant.play in TRAINED))


def _label(contestant: Contestant) -> str:
    return fill(contestant.label, LABEL_WIDTH)


def _panels(figure: Figure, count: int) -> list[Axes]:
    panels = list(figure.subplots(1, count, sharey=True, squeeze=False)[0])
    for axes in panels:
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return panels
