"""`python -m cutout_rl.experiments.benchmark`: train agents and compare them with baselines on held-out images."""

import signal
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Final

import torch
from rich.console import Console

from cutout_rl.data.reported_images import name_images
from cutout_rl.experiments.benchmark.benchmark_flags import Arguments
from cutout_rl.experiments.benchmark.jobs import list_jobs, run_folder
from cutout_rl.experiments.benchmark.score_figures import (
    draw_improvements,
    draw_intervals,
    draw_learning_curves,
    draw_profiles,
)
from cutout_rl.experiments.benchmark.score_tables import improvement_table, rows_of, score_table
from cutout_rl.experiments.benchmark.summary import summarise
from cutout_rl.experiments.jobs.job_pool import run_jobs
from cutout_rl.experiments.records import require_same_flags
from cutout_rl.experiments.scores import Score, read_scores, write_scores
from cutout_rl.experiments.terminal import wide_console
from cutout_rl.utils.atomic_write import write_json, write_text
from cutout_rl.utils.command import parse_arguments, run_command
from cutout_rl.utils.errors import CutOutError

TABLE_WIDTH: Final = 130  # characters


def main() -> None:
    """Parse the flags, run the jobs that are not done, and print, write and draw the results."""
    arguments = parse_arguments(Arguments, "experiments.benchmark")
    torch.set_num_threads(1)
    console = wide_console(TABLE_WIDTH)
    jobs = list_jobs(arguments)
    require_same_flags(arguments.out / "benchmark.json", arguments.same_for_all())
    try:
        faults = run_jobs(jobs, arguments.jobs, console, arguments.ray)
    except KeyboardInterrupt:
        console.print("stopped; run the same command to resume")
        raise
    names = {agent: name for name, agent in arguments.names().items()}
    scores = [
        score._replace(agent=names.get(score.agent, score.agent))
        for job in jobs
        if job.scores.exists()
        for score in read_scores(job.scores)
    ]
    if scores:
        _report(arguments, scores, console)
    for name, message in faults.items():
        console.print(f"{name} failed: {message}", markup=False, highlight=False)
    if faults:
        raise CutOutError(
            f"{len(faults)} of {len(jobs)} jobs failed; see the errors above. The same command tries them again."
        )


def _report(arguments: Arguments, scores: Sequence[Score], console: Console) -> None:
    out = arguments.out
    write_scores(out / "scores.csv", scores)
    summaries = summarise(scores, arguments.settings)
    images = arguments.indices()
    named = f"{arguments.data}, {name_images('test', images)}"
    text = StringIO()
    for summary in summaries:
        tables = [score_table(summary, named), *([improvement_table(summary)] if summary.improvements else [])]
        for target in (console, Console(file=text, width=TABLE_WIDTH)):
            target.print(*tables)
    write_text(out / "tables.txt", text.getvalue())
    where = {"split": "test", "first_image": images[0]}
    write_json(out / "summary.json", {summary.title: where | rows_of(summary) for summary in summaries})
    draw_intervals(summaries, out / "intervals.png")
    draw_profiles(summaries, out / "profiles.png")
    for summary in (summary for summary in summaries if summary.improvements):
        draw_improvements(summary, out / f"improvement-{summary.title.replace(' ', '-')}.png")
    draw_learning_curves(_runs(arguments), arguments.settings, out / "learning-curves.png")
    console.print(f"scores, tables and figures: {out}")


def _runs(arguments: Arguments) -> dict[tuple[str, str], list[Path]]:
    return {
        (name, setting): [run_folder(arguments, agent, setting, seed) for seed in arguments.seeds]
        for name, agent in arguments.names().items()
        for setting in arguments.settings
    }


if __name__ == "__main__":
    # On SIGTERM, too, the runs save their checkpoints. SIGINT needs a handler because a shell may start background jobs
    # with SIGINT ignored, which the runs would inherit.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    run_command(main)
