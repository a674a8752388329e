"""PPO and A2C of this project on Pong and Breakout, to rule out a flaw in the agents."""

import atexit
from functools import cache, partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Final

import numpy as np

from cutout_rl.experiments.curves import DPI
from cutout_rl.experiments.isolated_environment import install
from cutout_rl.experiments.jobs.job import Job, Say
from cutout_rl.experiments.jobs.module_process import run_module
from cutout_rl.experiments.report.atari.atari_vec_env import PACKAGES
from cutout_rl.experiments.report.budget import Budget
from cutout_rl.experiments.report.claims import HIGHER, Claim, difference
from cutout_rl.experiments.report.study import Study, list_runs
from cutout_rl.experiments.report.study_figures import draw_curves
from cutout_rl.experiments.report.study_results import PLAY, Results
from cutout_rl.experiments.scores import Score
from cutout_rl.runs.run_folder import RunFolder
from cutout_rl.utils.figure import saved_figure

FOUND: Final = "The report trained its agents on Pong and Breakout first, to rule out a flaw in them; they learnt."
GAMES: Final = ("pong", "breakout")
ALGORITHMS: Final = ("ppo", "a2c")
AGENTS: Final = {
    f"{algorithm.upper()} on {game.title()}": (game, algorithm) for game, algorithm in product(GAMES, ALGORITHMS)
}
STEPS_PER_HOUR: Final = 250_000
FIRST: Final = "reward per 1000 moves, first tenth"
LAST: Final = "reward per 1000 moves, last tenth"
_installing = Lock()


def list_jobs(budget: Budget, folder: Path) -> list[Job]:
    """List the training runs; an interrupted one starts from the beginning."""
    return list_runs(AGENTS, partial(_train, budget.timesteps(STEPS_PER_HOUR)), budget, folder)


def claims(results: Results) -> list[Claim]:
    """Compare the last tenth of every training run with its first tenth."""
    return [
        difference(
            f"{agent} learns",
            "reward per 1000 moves in the last tenth of the training minus that in the first",
            [results.held_out(agent, LAST)],
            [results.held_out(agent, FIRST)],
            HIGHER,
        )
        for agent in results.agents
    ]


def draw(results: Results, path: Path) -> None:
    """Draw the reward against the steps, a panel for each game."""
    with saved_figure(path, 11, 4, DPI) as figure:
        for axes, game in zip(figure.subplots(1, len(GAMES)), GAMES, strict=True):
            agents = [agent for agent, (played, _) in AGENTS.items() if played == game]
            draw_curves(axes, Results(agents, results.scores, results.curves), "timesteps", 1)
            axes.set(title=game.title(), xlabel="moves", ylabel="reward per 1000 moves")
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.legend()
        figure.supxlabel("mean over seeds; band: lowest to highest seed", fontsize=9)


def _train(timesteps: int, agent: str, seed: int, folder: Path, stop: Event, say: Say) -> list[Score]:
    game, algorithm = AGENTS[agent]
    say("installing the games")
    with _installing:
        python = _atari_python()
    say("training")
    flags = {"python": python, "game": game, "algo": algorithm, "timesteps": timesteps, "seed": seed, "out": folder}
    words = [f"--{name}={value}" for name, value in flags.items()]
    run_module("cutout_rl.experiments.report.atari.atari_training", words, folder / "training.log", stop)
    rewards = RunFolder(folder).read("metrics.csv")["reward"]
    tenth = max(1, len(rewards) // 10)
    parts = {FIRST: rewards[:tenth], LAST: rewards[-tenth:]}
    return [Score(agent, game, seed, PLAY, "", name, float(np.mean(part))) for name, part in parts.items()]


@cache
def _atari_python() -> str:
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    return install(Path(folder.name) / "environment", PACKAGES, "leave out the study sanity")


STUDY: Final = Study("Sanity", "figure 6", FOUND, tuple(AGENTS), "reward", list_jobs, claims, draw)
