"""The summary as tables for the terminal, and as JSON-able rows."""

from typing import Any

from rich import box
from rich.table import Table

from cutout_rl.experiments.benchmark.summary import Aggregate, Improvement, Summary
from cutout_rl.experiments.scores import MEASURES, TRAINED, ScoredPlayer
from cutout_rl.experiments.statistics import Interval


def score_table(summary: Summary, images: str) -> Table:
    """Return the table of all players' interquartile means, trained agents first.

    Args:
        summary: of the scores.
        images: names them in the title.
    """
    table = _table(
        f"{summary.title}: IoU on {images}",
        "Interquartile mean of the IoU over runs x images: final, best of the episode, and after so many steps. Below:"
        " its 95 % interval over the runs (none for a single run). mean: plain mean of the final IoU, and its 95 % t"
        " interval over the runs. worst-best: means of the worst and the best run. * uses the ground truth (oracle)."
        " Players with fewer images were evaluated on the first ones.",
    )
    for name in ("runs", "images", "final IoU", *MEASURES[1:], "mean", "worst-best"):
        table.add_column(name, justify="right", no_wrap=True)
    for player, by_measure in summary.aggregates.items():
        final = by_measure["final"]
        cells = [_cell(by_measure[measure]) if measure in by_measure else "-" for measure in MEASURES]
        mean = f"{final.mean:.3f}{_below(final.mean_interval, 3)}"
        extremes = f"{final.run_means.min():.3f}-{final.run_means.max():.3f}" if final.runs > 1 else ""
        table.add_row(player.label, f"{final.runs}", f"{final.images}", *cells, mean, extremes)
    return table


def improvement_table(summary: Summary) -> Table:
    """Return the table of the probabilities that a trained agent ends higher on an image than another player."""
    table = _table(
        f"{summary.title}: probability of improvement",
        "Probability that a run of the player in the column ends higher on an image than a run of the player in the"
        " row, where equal IoUs count half, with the 95 % interval over the runs.",
    )
    trained = [player for player in summary.aggregates if player.play in TRAINED]
    for player in trained:
        table.add_column(player.label, justify="right")
    for other in summary.aggregates:
        cells = ["" if player == other else _probability(summary.improvements[player, other]) for player in trained]
        table.add_row(other.label, *cells)
    return table


def rows_of(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    """Return all statistics except the profiles as JSON-able rows."""
    return {
        "scores": [
            {
                **_names(player),
                "measure": measure,
                "runs": aggregate.runs,
                "images": aggregate.images,
                "mean": aggregate.mean,
                "mean_interval": _ends(aggregate.mean_interval),
                "run_means": aggregate.run_means.tolist(),
                "interquartile_mean": aggregate.iqm,
                "interval": _ends(aggregate.interval),
            }
            for player, by_measure in summary.aggregates.items()
            for measure, aggregate in by_measure.items()
        ],
        "improvements": [
            {
                **_names(player),
                "over": _names(other),
                "probability": improvement.probability,
                "interval": _ends(improvement.interval),
            }
            for (player, other), improvement in summary.improvements.items()
        ],
    }


def _table(title: str, caption: str) -> Table:
    table = Table(
        title=title, caption=caption, box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", pad_edge=False
    )
    table.add_column("player")
    return table


def _cell(aggregate: Aggregate) -> str:
    return f"{aggregate.iqm:.3f}{_below(aggregate.interval, 3)}"


def _probability(improvement: Improvement) -> str:
    return f"{improvement.probability:.2f}{_below(improvement.interval, 2)}"


def _below(interval: Interval | None, digits: int) -> str:
    # On its own line, so that the columns fit a terminal.
    return "" if interval is None else f"\n{interval.low:.{digits}f}-{interval.high:.{digits}f}"


def _names(player: ScoredPlayer) -> dict[str, str]:
    return {"agent": player.agent, "play": player.play}


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [float(interval.low), float(interval.high)]
