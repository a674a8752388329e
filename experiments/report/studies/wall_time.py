"""The shares of a training run's wall time, with the textbook cut and with ours."""

import json
from functools import partial
from math import inf
from pathlib import Path
from threading import Event
from typing import Final

from cutout_rl.experiments.curves import COLOURS, DPI
from cutout_rl.experiments.jobs.job import Job, Say
from cutout_rl.experiments.jobs.module_process import run_module
from cutout_rl.experiments.report.budget import Budget
from cutout_rl.experiments.report.claims import Claim, level
from cutout_rl.experiments.report.study import Study, list_runs
from cutout_rl.experiments.report.study_results import PLAY, Results
from cutout_rl.experiments.scores import Score
from cutout_rl.experiments.speed.training_profile import CUTS
from cutout_rl.experiments.statistics import interquartile_interval
from cutout_rl.utils.figure import saved_figure

FOUND: Final = "The report measured that the cut took 90 % of the time, the network 7 % and the rest 3 %."
TEXTBOOK: Final = "textbook cut"
OURS: Final = "our cut"
SEGMENTERS: Final = {TEXTBOOK: "textbook", OURS: "graphcut"}
STEPS_PER_HOUR: Final = 8192
NINE_TENTHS: Final = (85, 95)  # % of the time


def list_jobs(budget: Budget, folder: Path) -> list[Job]:
    """List the profiles, one for each segmenter and seed."""
    return list_runs(SEGMENTERS, partial(_profile, budget.timesteps(STEPS_PER_HOUR)), budget, folder)


def claims(results: Results) -> list[Claim]:
    """Compare the cut's share of the time with that of the report, for the textbook cut and for ours."""
    figure = "share of strokes and cuts in the wall time of PPO on one thread, in %"
    return [
        level("a textbook cut takes nine tenths of the time", figure, results.held_out(TEXTBOOK, CUTS), NINE_TENTHS),
        level("our cut takes less than half", figure, results.held_out(OURS, CUTS), (-inf, 50), of_report=False),
    ]


def draw(results: Results, path: Path) -> None:
    """Draw the shares as stacked bars, with the interval of the cut's share."""
    parts = [score.measure for score in results.scores if score.agent == results.agents[0] and "%" in score.measure]
    with saved_figure(path, 9, 3.2, DPI) as figure:
        axes = figure.subplots()
        for row, agent in enumerate(results.agents):
            left = 0.0
            for i, part in enumerate(dict.fromkeys(parts)):
                values = results.held_out(agent, part)
                label = part.split(",")[0]
                axes.barh(
                    row, values.mean(), left=left, color=COLOURS[i], label=label if row == 0 else None, height=0.6
                )
                interval = interquartile_interval([values])
                if part == CUTS and interval is not None:
                    axes.plot(interval, (row, row), color="black", linewidth=2)
                left += float(values.mean())
        axes.set_yticks(range(len(results.agents)), results.agents)
        axes.set(
            xlabel="% of the wall time of PPO with a stock network, on one thread", ylabel="segmenter", xlim=(0, 100)
        )
        axes.invert_yaxis()
        figure.legend(loc="outside lower center", ncols=4, title="black line: 95 % interval of the cut's share")


def _profile(timesteps: int, agent: str, seed: int, folder: Path, stop: Event, say: Say) -> list[Score]:
    say("profiling")
    flags = {"segmenter": SEGMENTERS[agent], "timesteps": timesteps, "seed": seed, "out": folder / "shares.json"}
    words = [f"--{name}={value}" for name, value in flags.items()]
    run_module("cutout_rl.experiments.report.profiling", words, folder / "training.log", stop)
    shares = json.loads((folder / "shares.json").read_text(encoding="utf-8"))
    return [Score(agent, "8x60, 128 px", seed, PLAY, "", part, share) for part, share in shares.items()]


STUDY: Final = Study("Time", "section 4.3.2", FOUND, tuple(SEGMENTERS), "iou", list_jobs, claims, draw)
