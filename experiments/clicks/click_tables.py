"""The printed tables of the click benchmark: the results, and those of the literature."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from cutout_rl.experiments.clicks.literature import published_figures
from cutout_rl.experiments.clicks.noc import SHOWN, TARGETS


def results_table(summary: Sequence[dict[str, Any]], title: str, max_clicks: int) -> Table:
    """Return a table with a row for each method; see `noc.summarise`."""
    targets = [round(100 * target) for target in TARGETS]
    table = Table(
        "player",
        title=f"Clicks on {title}",
        caption=f"NoC@T: mean clicks to an IoU of T %, a miss counted as {max_clicks}, with the 95 % bootstrap interval"
        " over images. missed: images that never reach it. IoU@k: after k clicks.",
        box=None,
    )
    shown = [k for k in SHOWN if k <= max_clicks]
    for heading in (*(f"NoC@{t}" for t in targets), f"missed {targets[-1]}", *(f"IoU@{k}" for k in shown), "s/click"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in summary:
        noc = (_with_interval(row, f"noc@{target}") for target in targets)
        ious = (f"{row[f'iou@{k}']:.3f}" for k in shown)
        missed = f"{row[f'failures@{targets[-1]}']}"
        table.add_row(row["method"], *noc, missed, *ious, f"{row['seconds_per_click']:.3f}")
    return table


def literature_table(name: str, is_complete: bool) -> Table:
    """Return the published figures of a set."""
    caption = "At the sizes of the files and with at most 20 clicks, a miss counted as 20."
    if not is_complete:
        caption += " They are of the complete set, and the results above are not."
    table = Table("method", title=f"Published on {name}", caption=caption, box=None)
    for heading in ("NoC@85", "NoC@90"):
        table.add_column(heading, justify="right")
    for heading in ("network", "trained on", "source"):
        table.add_column(heading)
    for figure in published_figures(name):
        table.add_row(*figure[1:])
    return table


def _with_interval(row: dict[str, Any], name: str) -> str:
    ends = row[f"{name}_interval"]
    return f"{row[name]:.2f}" + ("" if ends is None else f" ({ends[0]:.1f}-{ends[1]:.1f})")
