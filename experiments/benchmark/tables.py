"""The summary as tables for the terminal and as rows for a file."""

from typing import Any

from rich import box
from rich.table import Table

from cutout_rl.experiments.benchmark.scores import MEASURES, TRAINED, Contestant
from cutout_rl.experiments.benchmark.statistics import Interval
from cutout_rl.experiments.benchmark.summary import Aggregate, Improvement, Summary


def score_table(summary: Summary) -> Table:
    """Lay out the interquartile means of everyone, trained agents first."""
    table = _table(
        f"{summary.title}: IoU on the test split",
        "Interquartile mean of the IoU over runs x images at the end, at its best moment and after so many moves,"
        " below it its 95 % interval over the runs, which a single run lacks; last the plain mean at the end. * sees"
        " the ground truth. Who played fewer images played the first of them.",
    )
    for name in ("runs", "images", "final IoU", *MEASURES[1:], "mean"):
        table.add_column(name, justify="right", no_wrap=True)
    for contestant, by_measure in summary.aggregates.items():
        final = by_measure["final"]
        cells = [_cell(by_measure[measure]) if measure in by_measure else "-" for measure in MEASURES]
        table.add_row(contestant.label, f"{final.runs}", f"{final.images}", *cells, f"{final.mean:.3f}")
    return table


def improvement_table(summary: Summary) -> Table:
    """Lay out how likely a trained agent's run ends higher on an image than everybody else's."""
    table = _table(
        f"{summary.title}: probability of improvement",
        "How likely a run of the player above ends higher on an image than a run of the player on the left, an equal"
        " IoU counting half, with the 95 % interval over the runs.",
    )
    trained = [contestant for contestant in summary.aggregates if contestant.play in TRAINED]
    for contestant in trained:
        table.add_column(contestant.label, justify="right")
    for other in summary.aggregates:
        cells = [
            "" if contestant == other else _chance(summary.improvements[contestant, other]) for contestant in trained
        ]
        table.add_row(other.label, *cells)
    return table


def rows_of(summary: Summary) -> dict[str, list[dict[str, Any]]]:
    """Give everything but the profiles as JSON-able rows."""
    return {
        "scores": [
            {
                **_names(contestant),
                "measure": measure,
                "runs": aggregate.runs,
                "images": aggregate.images,
                "mean": aggregate.mean,
                "interquartile_mean": aggregate.iqm,
                "interval": _ends(aggregate.interval),
            }
            for contestant, by_measure in summary.aggregates.items()
            for measure, aggregate in by_measure.items()
        ],
        "improvements": [
            {
                **_names(contestant),
                "over": _names(other),
                "probability": improvement.probability,
                "interval": _ends(improvement.interval),
            }
            for (contestant, other), improvement in summary.improvements.items()
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


def _chance(improvement: Improvement) -> str:
    return f"{improvement.probability:.2f}{_below(improvement.interval, 2)}"


def _below(interval: Interval | None, digits: int) -> str:
    # On a line of its own: side by side, the columns would not fit a terminal.
    return "" if interval is None else f"\n{interval.low:.{digits}f}-{interval.high:.{digits}f}"


def _names(contestant: Contestant) -> dict[str, str]:
    return {"agent": contestant.agent, "play": contestant.play}


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [float(interval.low), float(interval.high)]
